"""Where product.md's answer is not the row's, and which rows ask for something this product does not have."""

# id -> (why, {step number: the step's answer here}, {what is different in the final state})
# A step's answer replaces the row's; "skip" leaves the step out.
DIFFERENT = {
    "B3-09": (
        "Prepaid has no invoices (section 4 knows them for postpaid only): the renewal is a charge into the limit.",
        {1: {"result": "accepted", "available": "30"}},
        {},
    ),
    "BLNK-27": (
        "Releasing a hold that is finished changes nothing and is accepted (fine print 20).",
        {3: {"result": "accepted"}, 6: {"result": "accepted"}},
        {},
    ),
    "TB-06": (
        "A release has no amount, and releasing an expired hold is accepted and changes nothing (fine print 20).",
        {11: "skip", 14: {"result": "accepted"}},
        {},
    ),
    "TB-15": (
        "A wallet with money on it is not closed (section 10), so everything after it still goes through.",
        {
            1: {"result": "rejected", "reason": "wallet_not_empty"},
            2: {"result": "accepted"},
            3: {"result": "accepted"},
            4: {"result": "rejected"},
        },
        {"balance": "80"},
    ),
    "NUM-20": (
        "A payment clears debt by plain arithmetic (section 7); it is not matched to single invoices.",
        {},
        {"invoices": None},
    ),
    "TB-10": (
        "A charge is taken in full or not at all; “up to what fits” is a hold’s (section 7): held, then committed.",
        {},
        {},
    ),
    "CGR-09": (
        "A charge is taken in full or not at all; “up to what fits” is a hold’s (section 7): held, then committed.",
        {},
        {},
    ),
    "CGR-04": (
        "A debt is cleared by a write-off of what is owed; where nothing is owed there is nothing to write off.",
        {1: {"result": "rejected", "reason": "invalid_amount"}},
        {},
    ),
    "LAGO-08": (
        "Pending money is no money (section 10): a payment is recorded once it has arrived.",
        {0: {"result": "accepted", "balance": "10"}},
        {},
    ),
    "LAGO-18": (
        "A charge belongs to the month it is posted in (section 5); it is shown as late, on the later invoice.",
        {1: {"result": "accepted", "billed_period": "2024-02"}},
        {"unbilled": "5", "due": "40"},
    ),
    "MED-03": (
        "More than six decimals are refused, never rounded (section 10).",
        {
            0: {"result": "rejected", "reason": "invalid_amount"},
            1: {"result": "rejected", "reason": "invalid_amount"},
        },
        {"balance": "0"},
    ),
}

OUT_OF_SCOPE = {
    "NUM-18": "Vouchers with expiry dates: a wallet is one balance, product.md knows no buckets in it.",
    "NUM-19": "A ceiling on the balance after a payment: payments are never blocked (product.md section 10).",
    "TB-14": "One charge paid from several wallets: a charge names one wallet.",
    "FW-12": "Buckets of money with expiry dates: a wallet is one balance.",
}
