"""The split methods in words, for whoever votes on one."""

from dataclasses import dataclass

from marketplace.pricing.methods import Method, Rest


@dataclass(frozen=True, slots=True)
class MethodWords:
    """What people read about a method: its name, the formula, and what speaks for it."""

    name: str
    formula: str
    why: str


METHOD_WORDS: dict[Method, MethodWords] = {
    Method.PROPORTIONAL: MethodWords(
        "By seats",
        "total × your seats ÷ all seats",
        "Every seat costs the same. Who uses more pays more.",
    ),
    Method.PER_PUPIL: MethodWords(
        "By pupils",
        "total × your pupils ÷ all pupils",
        "Every pupil of every district counts the same, with or without a seat.",
    ),
    Method.EQUAL: MethodWords(
        "Equal parts",
        "total ÷ number of districts",
        "Every district pays the same bill. Small ones pay the most for each pupil.",
    ),
    Method.HYBRID: MethodWords(
        "Part equal, part by size",
        "equal part ÷ number of districts + rest × your size ÷ all sizes",
        "A fixed part is shared equally. The rest goes by pupils or by seats.",
    ),
    Method.SHAPLEY: MethodWords(
        "By what each one adds (Shapley)",
        "the average of what you add to the cost, over every order of joining",
        "Line up the districts in every order. Note what each one adds. Take the average.",
    ),
    Method.EPM: MethodWords(
        "Same saving for all (equal profit)",
        "what you would pay alone, less a part that is as equal as can be for all",
        "Each district saves about the same part of its price alone. None pays more than alone.",
    ),
}
REST_WORDS: dict[Rest, str] = {Rest.PER_PUPIL: "by pupils", Rest.PER_SEAT: "by seats"}
