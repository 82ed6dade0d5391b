"""The bare HPKE limit: `cryptography`'s single-shot decrypt in a loop over the same rows."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

ENC_AND_TAG = 65 + 16


def main() -> None:
    """Open until the input ends."""
    folder, manifest_hash = Path(sys.argv[1]), bytes.fromhex(sys.argv[2])
    items = int((folder / "items").read_text())
    secret = int.from_bytes((folder / "key").read_bytes(), "big")
    private = ec.derive_private_key(secret, ec.SECP256R1())
    suite, length = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM), ENC_AND_TAG + items
    print("ready", flush=True)
    for line in sys.stdin:
        answer = []
        for target in json.loads(line):
            info = b"azalea rating 1 " + manifest_hash + target.to_bytes(2, "big")
            sealed, rows, failed = (folder / f"target-{target}").read_bytes(), [], 0
            for at in range(0, len(sealed), length):
                try:
                    rows.append(suite.decrypt(sealed[at : at + length], private, info=info))
                except InvalidTag:
                    failed += 1
            answer.append((hashlib.sha256(b"".join(sorted(rows))).hexdigest(), failed))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
