"""What other features may use of pricing: one face, so the files behind it can move."""

from marketplace.pricing.certificate import Blocking, Certificate, Kind
from marketplace.pricing.clearing import Clearing, Dropped, clear
from marketplace.pricing.documents import (
    clear_document,
    clearing_as_json,
    split_as_json,
    split_document,
)
from marketplace.pricing.ladder import LadderStep, shares_by_tier
from marketplace.pricing.members import MOST_SEATS_EACH, Member
from marketplace.pricing.method_words import METHOD_WORDS, REST_WORDS, MethodWords
from marketplace.pricing.methods import OFFERED, Method, Rest
from marketplace.pricing.methods import Terms as SplitTerms
from marketplace.pricing.periods import (
    POLICY_WORDS,
    Change,
    TrueUp,
    TrueUpPolicy,
    Withdrawal,
    calendar_months,
    invoices,
    mid_term_join,
    settle_by_split,
    settle_use,
    withdraw,
)
from marketplace.pricing.price_words import (
    PriceLine,
    price_extras,
    price_lines,
    price_sentences,
    unit_words,
)
from marketplace.pricing.proration import fee_cents, prorate, rounded_share, true_up
from marketplace.pricing.purchase import (
    NextTier,
    Purchase,
    Rung,
    TierCliff,
    cost,
    effective_cost,
    next_tier,
    price_ladder,
    price_per_seat,
    tier_cliff,
    unit_price_cents,
)
from marketplace.pricing.refusals import PricingRefused
from marketplace.pricing.rounding import largest_remainder
from marketplace.pricing.schedule import Band, Form, Schedule, schedule_from_json
from marketplace.pricing.slices import Stay, Term, TermSplit, split_over_term
from marketplace.pricing.split import Split, split
from marketplace.pricing.transfers import (
    Grant,
    Transfer,
    TransferKind,
    after,
    capped,
    earmarked,
    pooled,
)
from marketplace.pricing.warnings import schedule_warnings
from marketplace.pricing.what_if import BillChange, WhatIf, what_if

#: The split methods a consortium can choose today.
OFFERED_METHODS = OFFERED

__all__ = [
    "METHOD_WORDS",
    "MOST_SEATS_EACH",
    "OFFERED_METHODS",
    "POLICY_WORDS",
    "REST_WORDS",
    "Band",
    "BillChange",
    "Blocking",
    "Certificate",
    "Change",
    "Clearing",
    "Dropped",
    "Form",
    "Grant",
    "Kind",
    "LadderStep",
    "Member",
    "Method",
    "MethodWords",
    "NextTier",
    "PriceLine",
    "PricingRefused",
    "Purchase",
    "Rest",
    "Rung",
    "Schedule",
    "Split",
    "SplitTerms",
    "Stay",
    "Term",
    "TermSplit",
    "TierCliff",
    "Transfer",
    "TransferKind",
    "TrueUp",
    "TrueUpPolicy",
    "WhatIf",
    "Withdrawal",
    "after",
    "calendar_months",
    "capped",
    "clear",
    "clear_document",
    "clearing_as_json",
    "cost",
    "earmarked",
    "effective_cost",
    "fee_cents",
    "invoices",
    "largest_remainder",
    "mid_term_join",
    "next_tier",
    "pooled",
    "price_extras",
    "price_ladder",
    "price_lines",
    "price_per_seat",
    "price_sentences",
    "prorate",
    "rounded_share",
    "schedule_from_json",
    "schedule_warnings",
    "settle_by_split",
    "settle_use",
    "shares_by_tier",
    "split",
    "split_as_json",
    "split_document",
    "split_over_term",
    "tier_cliff",
    "true_up",
    "unit_price_cents",
    "unit_words",
    "what_if",
    "withdraw",
]
