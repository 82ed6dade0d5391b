"""What every page must be for somebody of sixty-five with a small phone."""

from __future__ import annotations

from tests.browser.conftest import DESKTOP, PHONE, BrowserPage

_FAULTS = """
() => {
  const faults = [];
  const shown = (one) => one.offsetParent !== null && !one.closest(".skip, .away");
  const called = (one) => one.tagName + " " + (one.innerText || one.name || one.className).slice(0, 20);
  if (document.documentElement.scrollWidth > innerWidth) faults.push("scrolls sideways");
  for (const one of document.querySelectorAll("main *, nav.site *")) {
    const words = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (words && shown(one) && parseFloat(getComputedStyle(one).fontSize) < 16) faults.push("small text: " + called(one));
  }
  for (const one of document.querySelectorAll("button, a.button, nav.site a, select, input:not([type=checkbox], [type=radio])")) {
    if (shown(one) && one.getBoundingClientRect().height < 40) faults.push("low target: " + called(one));
  }
  for (const one of document.querySelectorAll("input:not([type=hidden]), select, textarea")) {
    if (!one.labels.length && !one.ariaLabel) faults.push("no label: " + called(one));
  }
  const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((one) => Number(one.tagName[1]));
  if (levels.filter((level) => level === 1).length !== 1) faults.push("not one h1");
  if (levels.some((level, at) => level > (levels[at - 1] ?? 0) + 1)) faults.push("a heading level is left out");
  if (!document.documentElement.lang) faults.push("no lang");
  const luminance = (colour) => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
      const light = part / 255;
      return light <= 0.03928 ? light / 12.92 : ((light + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const ground = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (colour.startsWith("rgb(")) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  for (const one of document.querySelectorAll("main *, nav.site a")) {
    if (!shown(one) || ![...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
    const [low, high] = [luminance(getComputedStyle(one).color), luminance(ground(one))].sort((a, b) => a - b);
    if ((high + 0.05) / (low + 0.05) < 4.5) faults.push("faint: " + called(one));
  }
  return faults;
}
"""


async def check_looks(seen: BrowserPage, name: str) -> None:
    """Pictures at desktop and phone width, light and dark; no fault in any of them."""
    page, faults = seen.page, []
    for place, size in (("phone", PHONE), ("desktop", DESKTOP)):
        await page.set_viewport_size(size)
        for scheme in ("dark", "light"):
            await page.emulate_media(color_scheme=scheme)
            faults += [f"{place} {scheme}: {fault}" for fault in await page.evaluate(_FAULTS)]
        await seen.screenshot(f"{name}-{place}", whole=True)
    await page.emulate_media(color_scheme="dark")
    await seen.screenshot(f"{name}-dark", whole=True)
    await page.emulate_media(color_scheme="light")
    assert not faults, faults
