"""Which of espeak-ng's voice variants speak which split of a sample release.

The lists share no variant, so a test speaker is a voice that neither the fine-tuned model
nor the tiny encoder has heard. Whispers, robots and variants that even a trained encoder
cannot make out (measured: kaukovalta and Marco, 48 % and 39 % phoneme errors where the
others have 6 to 25 %) are left out everywhere.
"""

from __future__ import annotations

TRAIN_VARIANTS = (
    "", "Alex", "Andrea", "Denis", "Diogo", "Henrique", "Hugo", "Jacky", "Lee",
    "Mario", "Michael", "Nguyen", "anika", "antonio", "aunty", "boris", "ed", "f1", "f2",
    "f3", "f4", "f5", "grandma", "grandpa", "gustave", "ian", "john", "m1", "m2", "m3", "m4",
    "m5", "m6", "m7", "m8", "marcelo", "max", "michel", "miguel", "norbert", "pablo", "pedro",
    "quincy", "rob", "robert", "shelby", "travis", "victor",
)  # fmt: skip
DEV_VARIANTS = ("Gene2", "mike2", "steph")
TEST_VARIANTS = ("Annie", "AnxiousAndy", "Mr serious", "linda")

# Other synthesizers and strange throats: useful for a robust encoder, not for a sample.
ODD_VARIANTS = (
    "Alicia", "Andy", "Gene", "Mike", "Storm", "adam", "announcer", "benjamin", "david", "edward",
    "iven", "klatt", "klatt3", "paul", "sandro",
)  # fmt: skip
