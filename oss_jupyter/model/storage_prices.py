"""What stored bytes cost, so that it can be said what unfinished uploads cost. Parts are billed like objects.

List prices of locally redundant storage in the regions of mainland China, pay as you go, in CNY for a GB and month. The
documentation, "Storage fees", leaves prices to the pricing page, which is made by a script. That of Standard stands in
an answer of the vendor's forum on Cold Archive (restored copies are billed at it), those of the others in tables that
quote the page; for Deep Cold Archive none was found in a second place. Other regions and contracts have others.
"""

from __future__ import annotations

CURRENCY = "CNY"
AS_OF = "2025"
PRICES = {"Standard": 0.12, "IA": 0.08, "Archive": 0.033, "ColdArchive": 0.015, "DeepColdArchive": 0.0075}
