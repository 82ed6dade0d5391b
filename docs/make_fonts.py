"""Make the two fonts of `bot/documents/fonts` out of Noto Serif SC and HanaMinB (docs/fonts.md).

    python docs/make_fonts.py NotoSerifSC_400Regular.ttf HanaMinB.ttf Unihan_IRGSources.txt

Needs fontTools, which nothing else here needs. `song.ttf` takes what is met every day, `rare.ttf` what is met in some
names. The Open Font License lets nobody give a changed font its old name, so both get names of their own.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from fontTools import subset
from fontTools.merge import Merger
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

FOLDER = Path(__file__).parent.parent / "bot" / "documents" / "fonts"
UNITS = 1000
LICENCE = "This Font Software is licensed under the SIL Open Font License, Version 1.1."

DAILY = [(0x20, 0x7E), (0xA0, 0x24F), (0x2C6, 0x2DD), (0x370, 0x3FF), (0x400, 0x45F), (0x2000, 0x2044),
         (0x2100, 0x2199), (0x2200, 0x22BF), (0x2312, 0x2312), (0x2460, 0x249B), (0x2500, 0x257F), (0x2581, 0x2593),
         (0x25A0, 0x25EF), (0x2605, 0x2642), (0x2713, 0x2717), (0x3000, 0x312F), (0x3220, 0x3243), (0x338E, 0x33D5),
         (0x4E00, 0x9FFF), (0xFE30, 0xFE6B), (0xFF01, 0xFFE5)]  # fmt: skip
"""Blocks of `song.ttf`: GB 2312 and GBK with their signs. Of 4E00..9FFF those stay out that only GB 13000 names."""

RARE = [(0x2E80, 0x2FD5), (0x3400, 0x4DBF), (0xF900, 0xFAD9)]
"""Blocks of `rare.ttf`: radicals, extension A, compatibility characters."""

SOURCES = ("G3", "G4K", "GCH", "GCY", "GCYY", "GBK", "GDZ", "GFC", "GFZ", "GGFZ", "GGH", "GHC", "GHF", "GIDC", "GJZ",
           "GKJ", "GOCD", "GPGLG", "GRM", "GU", "GWZ", "GXC", "GXH", "GXHZ", "GZH", "GZYS")  # fmt: skip
"""Unihan's kIRG_GSource of the characters above FFFF in `rare.ttf`: the table of general standard characters (GCH,
GGFZ), identity cards (GIDC), dictionaries of today, places, sciences. The two great historical dictionaries stay out.
Added is what Hong Kong uses and what Japan's standards have."""


def main(noto: str, hana: str, unihan: str) -> None:
    """Write both fonts."""
    source, used_elsewhere = read_sources(unihan), elsewhere(unihan)
    known, other = cmap(noto), cmap(hana)
    rest = {code for code in range(0x4E00, 0xA000) if source.get(code) == "GE" and not in_big5(code)}
    daily = {code for first, last in DAILY for code in range(first, last + 1)} - rest
    rare = rest | {code for code in known if code > 0x1FFFF or any(one <= code <= two for one, two in RARE)}
    drawn = {code for code, name in source.items() if code > 0xFFFF and name in SOURCES} | used_elsewhere
    drawn = drawn & other - rare
    with TemporaryDirectory() as folder:
        parts = [str(Path(folder) / name) for name in ("song.ttf", "noto.ttf", "hana.ttf")]
        for path, codes, made in zip((noto, noto, hana), (daily & known, rare & known, drawn), parts, strict=True):
            cut(path, codes, made)
        song, wide = TTFont(parts[0]), Merger().merge(parts[1:])
    name_it(song, "Azalea Song")
    name_it(wide, "Azalea Rare")
    wide["name"].setName(f"{wide['name'].getDebugName(0)} (c) 2011 GlyphWiki Project.", 0, 3, 1, 0x409)
    song.save(FOLDER / "song.ttf")
    wide.save(FOLDER / "rare.ttf")


def read_sources(path: str) -> dict[int, str]:
    """The kind of kIRG_GSource of each character: what stands before the hyphen, without a page's digits."""
    found = {}
    for line in Path(path).read_text("utf-8").splitlines():
        if match := re.match(r"U\+([0-9A-F]+)\tkIRG_GSource\t(G\d|GE|[A-Z4]+)", line):
            found[int(match[1], 16)] = match[2]
    return found


def elsewhere(path: str) -> set[int]:
    """The characters above FFFF with a source in Hong Kong or in JIS X 0213."""
    listed = re.compile(r"^U\+([0-9A-F]{5,})\tkIRG_(?:HSource\t|JSource\tJ[0134])", re.MULTILINE)
    return {int(code, 16) for code in listed.findall(Path(path).read_text("utf-8"))}


def in_big5(code: int) -> bool:
    """Whether Big5 has the character: such are met in names."""
    try:
        return bool(chr(code).encode("big5"))
    except UnicodeEncodeError:
        return False


def cmap(path: str) -> set[int]:
    """The characters of a font."""
    return set(TTFont(path, lazy=True).getBestCmap())


def cut(path: str, codes: Iterable[int], made: str) -> None:
    """Keep these characters, without hints, and without features, which nothing here uses."""
    options = subset.Options(hinting=False, layout_features=[], notdef_outline=True, glyph_names=False)
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE", "GSUB", "GPOS", "GDEF", "DSIG", "STAT", "meta"]
    font = subset.load_font(path, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    if font["head"].unitsPerEm != UNITS:
        scale_upem(font, UNITS)
    subset.save_font(font, made, options)


def name_it(font: TTFont, name: str) -> None:
    """Give the font a name of its own; the copyright stays."""
    table = font["name"]
    table.names = [one for one in table.names if one.nameID in (0,)]
    plain = name.replace(" ", "")
    for number, text in ((1, name), (2, "Regular"), (3, f"{plain}-Regular"), (4, name), (6, f"{plain}-Regular"),
                         (13, LICENCE), (14, "https://scripts.sil.org/OFL")):  # fmt: skip
        table.setName(text, number, 3, 1, 0x409)
    font["OS/2"].fsType = 0


if __name__ == "__main__":
    main(*sys.argv[1:])
