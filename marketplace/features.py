"""The reading order of the site, and the only rule about who may import whom.

A feature may import `core` and the features *above* it in this list, never the
ones below. What happens below is learnt from events. `tests/architecture`
keeps the rule true, so a new feature costs one line here.
"""

FEATURES = (
    "accounts",  # people, organizations, memberships, sign-in
    "directory",  # the real districts: federal facts with their year
    "pricing",  # price schedules, splits, clearing: pure rules
    "catalogue",  # vendors, tools, price schedules, compare
    "scorecards",  # privacy and AI safety: rubric, cards, law lines, accessibility reports
    "guard",  # what must be true of a card before anybody buys; gaps a district accepts
    "ledger",  # the books: post, reverse, verify, export
    "consortia",  # members and their membership instruments
    "pools",  # demand pools, the commitment ladder, clearing day
    "costs",  # how a cost is split: the designer, proposals, the math, the public calculator
    "decisions",  # what members vote on: proposals, votes, outcomes, minutes
    "reviews",  # how a card comes about: two readers, evidence, appeals, policy watch
    "demand",  # who is interested before a pool is there: maps, matching, suggestions
    "agreements",  # executed privacy agreements, standing offers, who joined them
    "orders",  # orders, purchase orders, invoices, payments by check
    "remittance",  # bank statements: read, matched to bills, linked
    "payments",  # Stripe: paying a bill, webhooks, refunds, disputes, reconciliation
    "oversight",  # incidents: confirmed by two people, told to every district that uses the tool
    "renewals",  # what happens during and after a term: late joins, true-up, renewal, leaving
    "dissolution",  # how a consortium ends: nothing open, what is left shared, books sealed
    "outreach",  # a lead writes to its members, sees who stands where, and what was done
    "programmes",  # restricted money of funders: who it is for, what moves, by two people
    "uptake",  # who was reached, what it cost, who is missing
    "home",  # the front page, each organization's desk, help
    "operations",  # health, the operator's console, waiting work
)
