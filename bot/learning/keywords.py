"""`python -m bot.learning.keywords`: a JSON list of texts on stdin -> a JSON list of their keyword lists on stdout.

A process of its own, used at import: the segmenter takes seconds and much memory to load and never sits in
the server.
"""

from __future__ import annotations

import json
import logging
import sys

MOST = 8


def main() -> None:
    """Read, extract, write."""
    import jieba
    import jieba.analyse

    jieba.setLogLevel(logging.ERROR)
    texts = json.load(sys.stdin)
    found = [[str(word) for word in jieba.analyse.extract_tags(text, topK=MOST)] for text in texts]
    json.dump(found, sys.stdout, ensure_ascii=True)


if __name__ == "__main__":
    main()
