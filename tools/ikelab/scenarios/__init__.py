"""The scenarios, by what happens in them."""

from typing import Final

from ikelab.scenario import Cut, Scenario
from ikelab.scenarios import afterwards, authentication, cuts, established, losses, phase2, refused, silence

SCENARIOS: Final[dict[str, Scenario]] = {
    one.name: one
    for module in (established, silence, losses, refused, authentication, phase2, afterwards)
    for one in module.SCENARIOS
}
CUTS: Final[dict[str, Cut]] = {one.name: one for one in cuts.CUTS}
