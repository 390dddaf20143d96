"""What stored bytes cost, so that it can be said what unfinished uploads cost. Parts are billed like objects.

List prices of locally redundant storage in the regions of mainland China, pay as you go, in CNY for a GB and month.
That of Standard is quoted in the documentation, "Storage fees"; those of other classes stand on the pricing page only.
Other regions, contracts and resource plans have other prices.
"""

from __future__ import annotations

CURRENCY = "CNY"
AS_OF = "2025"
PRICES = {"Standard": 0.12, "IA": 0.08, "Archive": 0.033, "ColdArchive": 0.015, "DeepColdArchive": 0.0075}
