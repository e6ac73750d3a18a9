"""The closed lists of codes of the contract, one name each; knows no record.

They are `Literal` types, so that a type checker, the JSON schema and the engine read the same list. `typing.get_args`
gives the codes in the contract's order.
"""

from typing import Literal

Handling = Literal["releasable", "internal", "originator_controlled"]

# the application
ApplicationKind = Literal["export", "re_export", "transit", "transshipment", "brokering", "technology"]
Authorisation = Literal["individual", "global", "large_project", "general"]
Transaction = Literal[
    "sale", "government_to_government", "gift", "loan_or_lease", "repair_or_return", "exhibition",
    "licensed_production", "intra_group", "humanitarian", "other",
]  # fmt: skip
Purpose = Literal[
    "military_operations", "law_enforcement", "border_security", "civil_industry", "medical", "research", "energy",
    "telecommunications", "space", "private_security", "sport_hunting", "resale", "demonstration", "other",
]  # fmt: skip
PartyKind = Literal[
    "military", "police", "government", "state_owned", "commercial", "dealer", "research", "individual", "other"
]
EndUserRole = Literal["additional", "ultimate", "stockist"]
IntermediaryRole = Literal[
    "broker", "agent", "freight_forwarder", "carrier", "customs_agent", "financier", "insurer",
    "intermediate_consignee", "purchaser", "manufacturer",
]  # fmt: skip
Role = Literal[
    "applicant", "exporter", "consignee", "end_user", "additional", "ultimate", "stockist", "broker", "agent",
    "freight_forwarder", "carrier", "customs_agent", "financier", "insurer", "intermediate_consignee", "purchaser",
    "manufacturer",
]  # fmt: skip
AuditedBy = Literal["authority", "third_party", "self"]
Form = Literal["goods", "software", "technology", "assistance"]
TransportMode = Literal["sea", "air", "road", "rail", "inland_water", "post"]
DocumentKind = Literal[
    "end_user_certificate", "end_user_statement", "consignee_statement", "import_certificate", "import_licence",
    "delivery_verification", "re_export_consent", "contract", "purchase_order", "invoice", "transit_authorisation",
    "broker_licence", "power_of_attorney", "destruction_certificate", "other",
]  # fmt: skip
Undertaking = Literal[
    "stated_use_only", "no_re_export", "no_re_transfer", "no_wmd_use", "on_site_verification", "delivery_verification",
    "destroy_replaced_stock", "report_loss", "secure_storage",
]  # fmt: skip
SubmittedBy = Literal["exporter", "end_user", "broker", "other"]
Authentication = Literal["not_requested", "requested", "confirmed", "denied", "no_reply"]
StockPlan = Literal["destroy", "retain", "sell", "donate", "return", "undeclared"]
PaymentMethod = Literal["letter_of_credit", "transfer", "cash", "crypto", "other"]

# what happens afterwards
EventKind = Literal[
    "decision", "licence", "shipment", "delivery", "visit", "incident", "denial_notice", "destruction", "request",
    "review",
]  # fmt: skip
DecisionOutcome = Literal["granted", "denied", "withdrawn", "returned"]
Basis = Literal["first", "amendment", "review", "appeal"]
Ground = Literal[
    "embargo", "listed_party", "catch_all", "diversion", "end_use", "human_rights", "humanitarian_law",
    "regional_stability", "international_commitments", "national_security", "incomplete", "other",
]  # fmt: skip
LicenceChange = Literal[
    "issued", "amended", "extended", "suspended", "reinstated", "revoked", "surrendered", "exhausted", "expired"
]
DueFrom = Literal["issue", "shipment", "arrival"]
Milestone = Literal[
    "left_territory", "transshipped", "arrived", "released_by_customs", "received_by_end_user",
    "transferred_with_consent", "returned",
]  # fmt: skip
Proof = Literal[
    "delivery_verification", "customs_record", "end_user_receipt", "carrier_record", "exporter_report", "none"
]
Stage = Literal["pre_licence", "pre_shipment", "post_shipment"]
VisitMode = Literal["on_site", "remote", "documentary", "delegated"]
Access = Literal["full", "limited", "none"]
LimitedBy = Literal["host_state", "party", "security", "travel", "consent_missing", "site_moved", "health"]
ItemState = Literal[
    "seen", "not_seen", "not_presented", "destroyed", "consumed", "lost", "stolen", "in_repair", "incorporated",
    "transferred",
]  # fmt: skip
Met = Literal["yes", "no", "not_checked"]
VisitOutcome = Literal["favourable", "unfavourable", "inconclusive", "not_possible"]
VisitFinding = Literal[
    "not_confirmed", "party_not_on_licence", "party_unknown", "unresponsive", "refused_cooperation", "discrepancy",
    "terms_violation", "insecure_storage", "stockpiling", "derogatory_information", "re_transfer", "re_export",
    "diversion", "theft_or_capture", "loss",
]  # fmt: skip
IncidentSource = Literal["customs", "partner", "trace", "open_source", "exporter"]
IncidentFinding = Literal["diversion", "re_export", "re_transfer", "theft_or_capture", "loss", "licence_breach"]
Wilful = Literal["yes", "no", "not_known"]
RequestParty = Literal[
    "authority", "applicant", "end_user", "agency", "expert", "document_issuer", "host_state", "partner_state"
]
RequestFor = Literal[
    "information", "opinion", "authentication", "no_undercut", "visit_consent", "delivery_proof", "re_transfer_consent"
]
Answer = Literal["given", "given_with_conditions", "refused", "found_false", "no_view", "no_reply"]
ReviewAbout = Literal["referral", "list_match", "visit", "incident", "link", "unverified_status"]
ReviewResult = Literal["confirmed", "dismissed", "exempted", "escalated", "ended"]

# what the engine answers
BandName = Literal["low", "elevated", "high", "critical"]
Scope = Literal["diversion only"]
ScreenResult = Literal["potential_match", "review", "no_list_match"]
ChosenBy = Literal["risk", "lot", "mandatory"]
