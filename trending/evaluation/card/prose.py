"""The fixed prose of every model card. Everything else on a card comes from the run."""

from __future__ import annotations

INTENDED = (
    "Giving films and series genres from their title, plot and reviews, so that a catalogue can be searched, sorted "
    "and browsed; several genres a title.",
    "Ranking titles by how probable a genre is, and pointing people at titles whose catalogue genres look wrong.",
    "Texts in the languages and of the lengths that the test titles have: the slices below say how well each is "
    "served.",
)
NOT_INTENDED = (
    "Age ratings, parental controls, or any decision about a person.",
    "Text that is not about a film or a series: it may be given genres all the same.",
    "Replacing an editor where a wrong genre is costly. The genres are suggestions with a probability.",
)
LIMITS = (
    "The genres it learnt are how platforms file their titles. Where platforms file badly, or differently from each "
    "other, so does the model.",
    "It knows a title by its text alone: no picture, no cast, no audience. A short or evasive plot leaves little to "
    "go by.",
    "It knows none but its own genres, and gives a title none of them where no probability reaches its threshold.",
)
ENERGY = (
    "Energy is not metered. Where the run names its machine and used no GPU, it is estimated from the time."
)
