"""Hand out street names: numbers, lists, and plain words that each city uses once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastgen.roads.synthetic.draws import Draws

# Their number and order are part of every invented network: with another word, all streets would have other
# names.
WORDS = """
Acacia Alder Almond Anchor Apple Apricot Arbor Arden Ashby Aspen Aster Autumn Avalon Azalea Bancroft
Banner Barley Barton Basalt Bayberry Beacon Beech Begonia Belmont Benton Birch Bishop Blackbird Bluebell
Bluff Bonita Bradford Bramble Briar Bridle Bristol Brook Bryant Buckeye Burnett Butler Calder Calla
Camellia Cameron Canary Cardinal Carmel Carver Cascade Cassia Catalpa Cedar Chandler Chestnut Cherry
Cinder Clarendon Clay Clover Cobalt Colby Columbine Coral Cottonwood Cove Cranberry Creek Crescent Crest
Cricket Crocus Curlew Cypress Daffodil Dahlia Daisy Dalton Dawson Delaware Denton Dogwood Dolphin Douglas
Dover Drake Dunbar Eagle Easton Echo Edgewood Egret Elder Elliott Elm Ember Emerson Essex Eucalyptus
Evergreen Fairfax Falcon Farragut Fern Fieldstone Finch Fir Flint Forest Foster Foxglove Franklin Fremont
Fuchsia Garden Gardenia Garfield Garnet Geary Ginger Glen Goldenrod Grafton Granite Grant Greenwich Grove
Gull Hamilton Hampton Harbor Harmony Harper Harrison Hawthorn Hayes Hazel Heather Hemlock Heron Hickory
Highland Hillcrest Holly Honeysuckle Hope Howell Hyacinth Indigo Iris Ironwood Ivy Jackson Jade Jasmine
Jay Jefferson Juniper Keller Kent Kestrel Kingfisher Kirkland Lantern Larch Lark Larkspur Laurel Lavender
Lawton Lemon Lexington Lilac Lily Lime Linden Locust Logan Lotus Lupine Madison Magnolia Mallard Manzanita
Maple Marigold Marlin Marlow Mason Meadow Meridian Merlin Mesa Milton Mimosa Monroe Morgan Morning Moss
Mulberry Myrtle Nantucket Nectarine Newton Nutmeg Oak Oakdale Oleander Olive Opal Orange Orchard Orchid
Oriole Osprey Otter Palm Palmer Pansy Park Parsley Partridge Peach Pearl Pecan Pelican Peony Pepper Perry
Petunia Pheasant Pierce Pine Pinto Plover Plum Poplar Poppy Prairie Primrose Prospect Quail Quarry Quartz
Quince Rainier Raven Redwood Reed Ridge Robin Roosevelt Rose Rosemary Rowan Ruby Russet Saffron Sage
Salmon Sandpiper Sapphire Saratoga Sequoia Shasta Sherman Sherwood Sierra Silver Sorrel Sparrow Spring
Spruce Starling Sterling Stone Summit Sumner Sunrise Swallow Swift Sycamore Tamarack Tanager Tansy Taylor
Teal Tern Thistle Thornton Thrush Thyme Topaz Trillium Tulip Tupelo Tyler Union Valley Vega Verbena Vernon
Vine Violet Vista Wallace Walnut Warren Washington Waverly Webster Weston Wheeler Whitman Wild Willow
Wilson Winslow Winter Wisteria Woodland Wren Yarrow Yew Zinnia
""".split()  # noqa: SIM905

# Ends of numbers by their last digit; 11th to 13th are exceptions.
TENS = {1: "st", 2: "nd", 3: "rd"}


def ordinal(n: int) -> str:
    """Write 1st, 2nd, 3rd, 11th."""
    return f"{n}{'th' if n // 10 % 10 == 1 else TENS.get(n % 10, 'th')}"


# Where a kind has used up all words, they come again with one of these behind: Cedar Court, Cedar Glen Court.
SECOND = ("", "Glen", "Hill", "Grove", "Ridge", "Brook", "View", "Park", "Field", "Gate")
FRESH = "?"  # begins no name


def fresh(kind: str) -> str:
    """Stand in for a name of a kind ("Street", "Court") that `Names` gives to those streets that last."""
    return f"{FRESH}{kind}"


def line_name(rule: str, index: int) -> str:
    """Name the index-th line of a grid.

    Parameters
    ----------
    rule
        "Street" (a fresh word each), "14+ Street" or "30- Avenue" (numbers up or down from index 0, fresh
        words where numbers run out; "5-/2 Street" numbers every other line), or "A|B|C Street" (a list from
        index 0, then fresh words). A kind may have several words: "1+ Avenue South".
    index
        Line, may be negative.
    """
    if "|" in rule:
        head, _, kind = rule.rpartition("|")
        last, _, kind = kind.partition(" ")
        listed = [*head.split("|"), last]
        return f"{listed[index]} {kind}" if 0 <= index < len(listed) else fresh(kind)
    if not rule[0].isdigit():
        return fresh(rule)
    head, _, kind = rule.partition(" ")
    head, _, every = head.partition("/")
    turn, between = divmod(index, int(every or 1))
    number = int(head[:-1]) + (turn if head[-1] == "+" else -turn)
    return f"{ordinal(number)} {kind}" if number > 0 and not between else fresh(kind)


class Names:
    """Fresh names of one city: each word with each kind of street at most once.

    Parameters
    ----------
    rng
        Shuffles the words.
    taken
        Names that are given already.
    """

    def __init__(self, rng: Draws, taken: set[str]) -> None:
        """Shuffle the words."""
        # Shuffled, so that two cities of one style don't have the same names in the same places.
        self._words = [WORDS[i] for i in rng.permutation(len(WORDS))]
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def settle(self, name: str) -> str:
        """Replace a stand-in by a name of a new word; return any other name as it is."""
        if not name.startswith(FRESH):
            return name
        # A district has more lines than streets that last, so words are given only to these.
        kind = name[len(FRESH) :]
        while True:
            n = self._next.get(kind, 0)
            self._next[kind] = n + 1
            turn, k = divmod(n, len(self._words))
            name = " ".join(part for part in (self._words[k], SECOND[turn], kind) if part)
            if name not in self._taken:
                self._taken.add(name)
                return name
