"""Check a ledger export yourself: python3 verify_ledger.py FILE.jsonl [SEQ:HASH ...]

SEQ:HASH is one you kept (invoice, receipt, letter): then a cut or rewritten history shows.
"""

import json
import sys
from hashlib import sha256


def fail_if(wrong, why):
    if wrong:
        raise ValueError(why)


def check(path, receipts=()):
    """One line about what was proven; ValueError says what is wrong and where."""
    kept = dict[int, str]()
    for seq, _, digest in (receipt.lower().partition(":") for receipt in receipts):
        fail_if(kept.setdefault(int(seq), digest) != digest, f"two receipts for entry {seq}")
    prev, keys, undone, sums, starts = bytes(32), set(), set(), dict[str, int](), list[int]()
    end = lines = whose = 0
    with open(path, "rb") as export, open(path, "rb") as again:
        for seq, line in enumerate(export, 1):
            try:
                row = json.loads(line)
                body = json.loads(row["body"])
                legs, key, back = body["e"], body["k"], body.get("reverses")
                fail_if((row["seq"], row["prev"]) != (seq, prev.hex()), "does not follow the last")
                prev = sha256(prev + sha256(b"\0" + row["body"].encode()).digest()).digest()
                fail_if(row["hash"] != prev.hex(), "the text was changed: it has another hash")
                fail_if(kept.pop(seq, row["hash"]) != row["hash"], "your receipt differs")
                fail_if(key in keys, "its key is used twice")
                fail_if(body["c"] != (whose or body["c"]), "belongs to another consortium")
                odd = [c for _, c, unit in legs if type(c) is not int or c == 0 or unit != "USD"]
                fail_if(odd or len(legs) < 2, "fewer than two lines, or not in whole US cents")
                fail_if(sum(leg[1] for leg in legs), "debits and credits differ")
                if back is not None:
                    fail_if(not 0 < back < seq or back in undone, f"cannot cancel entry {back}")
                    again.seek(starts[back - 1])
                    first = json.loads(json.loads(again.readline())["body"])["e"]
                    fail_if(legs != [[a, -c, u] for a, c, u in first], f"is not {back} mirrored")
                    undone.add(back)
            except (ValueError, KeyError, TypeError, AttributeError) as problem:
                raise ValueError(f"entry {seq}: {problem}") from None
            for account, cents, _ in legs:
                sums[account] = sums.get(account, 0) + cents
            keys.add(key)
            starts.append(end)
            end, lines, whose = end + len(line), lines + len(legs), body["c"]
    fail_if(kept, f"the end was cut off: the export has no entry {min(kept, default=0)}")
    return f"OK: {len(starts)} entries, {lines} lines, {len(sums)} accounts, head {prev.hex()}"


if __name__ == "__main__":
    try:
        print(check(sys.argv[1], sys.argv[2:]) if sys.argv[1:] else __doc__)
    except (OSError, ValueError) as problem:
        sys.exit(f"FAILED: {problem}")
