"""What Search should find, worked out the slow way: every query looks at every file, with a folding of its own.

Reads one JSON object {"files": [[peer, path, root, size], ...], "queries": [[text, kind], ...]} and prints for each query the JSON list of its first
50 hits, each [name, root, size, kind of match, sources], and how many hits there are.
"""
import functools
import json
import re
import sys
import unicodedata

EXACT, PREFIX, WORD, SUBSTRING, FUZZY = 1, 2, 3, 4, 5
TYPED_OTHERWISE = {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "ħ": "h", "ŧ": "t", "ı": "i", "þ": "th"}


@functools.lru_cache(1_000_000)
def fold(text):
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf")).casefold()
    return "".join(TYPED_OTHERWISE.get(c, c) for c in text)


def is_word(c):
    return ord(c) >= 128 or c.isalnum()


def classify(name, text):
    if text not in name:
        return None
    if name == text:
        return EXACT
    if name.startswith(text):
        return PREFIX
    starts = [m.start() for m in re.finditer("(?=" + re.escape(text) + ")", name)]
    return WORD if any(not is_word(name[i - 1]) for i in starts) else SUBSTRING


def split(text):
    """The wanted and the unwanted words and phrases."""
    wanted, unwanted = [], []
    for minus, phrase, word in re.findall(r'(-(?=[^ ]))?(?:"([^"]*)"?|([^ "][^ ]*))', text):
        if phrase or word:
            (unwanted if minus else wanted).append(phrase or word)
    return wanted, unwanted


def words_kind(name, wanted, unwanted):
    folded = [fold(w) for w in wanted]
    kinds = [classify(name, w) for w in folded]
    if None in kinds or any(fold(w) in name for w in unwanted):
        return None
    whole = classify(name, fold(" ".join(wanted))) if wanted else None
    worst = max([WORD] + kinds)
    return whole if whole is not None and whole < worst else worst


def distance(a, b, most):
    """The restricted edit distance, or more than most."""
    rows = [list(range(len(b) + 1))]
    for i in range(1, len(a) + 1):
        row = [i]
        for j in range(1, len(b) + 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
        # No later row can be less than the least of two that follow one another.
        if min(row) > most and min(rows[-2]) > most:
            return most + 1
    return rows[-1][-1]


@functools.lru_cache(1_000_000)
def is_near(word, run, edits):
    return not is_long(run) and abs(len(run) - len(word)) <= edits and distance(word, run, edits) <= edits


@functools.lru_cache(1_000_000)
def runs(text):
    return re.findall(r"[a-z0-9\u0080-\U0010ffff]+", text)


def is_long(word):
    """What is longer is no word that anyone mistypes."""
    return len(word.encode()) > 32


def forgiven(word):
    return 0 if " " in word or len(word) < 4 or is_long(word) else 1 if len(word) < 8 else 2


def parts(wanted):
    return [p for w in wanted for p in ([fold(w)] if " " in fold(w) else runs(fold(w)))]


def fuzzy_kind(name, wanted, unwanted):
    kind = words_kind(name, wanted, unwanted)
    needed = parts(wanted)
    if kind is not None or not needed or any(fold(w) in name for w in unwanted):
        return kind
    for part in needed:
        edits = forgiven(part)
        if part not in name and not (edits and any(is_near(part, r, edits) for r in runs(name))):
            return None
    return FUZZY


def glob_kind(pattern):
    return lambda name: EXACT if pattern.fullmatch(name) else None


def matcher(text, kind):
    whole = fold(text)
    if kind == 1:
        return lambda name: EXACT if name == whole else None
    if kind == 2:
        return lambda name: EXACT if name == whole else PREFIX if name.startswith(whole) else None
    if kind == 3:
        return lambda name: classify(name, whole)
    if kind == 5:
        return glob_kind(re.compile(".*".join(re.escape(fold(p)).replace(r"\?", ".") for p in text.split("*")), re.S))
    wanted, unwanted = split(text)
    return lambda name: (words_kind if kind == 4 else fuzzy_kind)(name, wanted, unwanted)


def find(files, fits):
    kinds, hits = {}, {}
    for peer, name, folded, root, size in files:
        if folded not in kinds:
            kinds[folded] = fits(folded)
        if kinds[folded] is not None:
            hits.setdefault((name, folded, root, size, "" if root else peer), set()).add(peer)
    ranked = sorted((kinds[key[1]], -len(peers), key[1].encode(), key[0].encode(), key[2], key[3], key[4]) for key, peers in hits.items())
    return [[name.decode(), root, size, kind, -sources] for kind, sources, _, name, root, size, _ in ranked]


def search(files, text, kind):
    text = text.strip(" ") or text
    if kind:
        return find(files, matcher(text, kind))
    form = 5 if "*" in text or "?" in text else 4 if '"' in text or " " in text else 3
    hits = find(files, matcher(text, form))
    if hits or form == 5 or not any(forgiven(p) for p in parts(split(text)[0])):
        return hits
    return find(files, matcher(text, 6))


given = json.load(sys.stdin)
files = [(peer, path.rsplit("/", 1)[-1], fold(path.rsplit("/", 1)[-1]), root, size) for peer, path, root, size in given["files"]]
for text, kind in given["queries"]:
    hits = search(files, text, kind)
    print(json.dumps([hits[:50], len(hits)]), flush=True)
