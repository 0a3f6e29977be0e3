"""The customers that the portal's design shows, with their very numbers, and the checks that finance people know."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from credit.actions import statuses
from credit.demo.people import ADMINISTRATOR, MANAGER
from credit.demo.stories import Stage, Story
from credit.terms import ChangeReason, Kind
from organizations.models import Organization

# In the register, but beyond the 20,000 that come with the demo.
GUESTS = {
    "259400KGTW9V0L887003": ('"BMS METAL" SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ', "PL"),
    "89450079WLD4WLTRHV66": ("+39 STEEL INTERNATIONAL S.R.L.", "IT"),
    "894500FDOMWZMC50FQ77": ("@Inet Technology Consultancy B.V.", "NL"),
    "967600T5BTPZ3DDY6W24": (
        "Fonds Léon Frédéricq pour la Promotion des Recherches médicales, fondamentales et cliniques, "
        "auprès du Centre HospitalierUniversitaire de Liège",
        "BE",
    ),
    "984500CE86481LB8ED96": ("RSA Security Japan 合同会社", "JP"),
    "254900CPFUQQ7YUUYUI33": ('UAB "Kaunas Metal"', "LT"),
}


@dataclass
class Cast:
    stage: Stage
    by_lei: dict[str, Organization]

    def story(self, lei: str, wallet_id: str, **terms: Any) -> Story:
        return Story(self.stage, self.by_lei[lei], wallet_id, **terms)

    def prepaid(self, lei: str, wallet_id: str, currency: str = "EUR", **terms: Any) -> Story:
        return self.story(lei, wallet_id, currency=currency, mode="prepaid", **terms)

    def postpaid(self, lei: str, wallet_id: str, scheme: str, currency: str = "EUR", **terms: Any) -> Story:
        return self.story(lei, wallet_id, currency=currency, mode="postpaid", scheme=scheme, **terms)


def tell(stage: Stage, by_lei: dict[str, Organization]) -> None:
    cast = Cast(stage, by_lei)
    for part in (_postpaid_of_the_list, _prepaid_of_the_list, _mediworx, _node_nexus, _known_checks):
        part(cast)


LEIS = frozenset(
    {
        *GUESTS,
        "097900CAFG0000237387",  # mediworx
        "254900OG9TB1MQCKGO27",  # Node Nexus
        "097900CAKA0000061085",  # Algorithm
        "9845004B39FC7JIB4769",  # Axelsson
        "984500B6DC4A0T498828",  # CALL SOFT
        "967600WBSTI7WO4GN360",  # DATANET
        "04CWX5B099AKRYTY4096",  # GIA TECHNOLOGY
        "097900CAKA0000117927",  # seki.digital
        "529900MTXT6QJRYLFL21",  # T-Mobile Austria
        "097900CAKA0000123650",  # the Software
        "097900CAKA0000141304",  # Basta digital
        "097900CAKA0000156630",  # elv.ai
        "097900CAKA0000173411",  # Arborio software
    }
)


def _postpaid_of_the_list(cast: Cast) -> None:
    metal = cast.postpaid("259400KGTW9V0L887003", "W-4071-0018", "consolidated", "PLN", limit="8000")
    metal.live_postpaid("5120.40", "1204.00", cash=True)
    metal.running_usage("6180.45")

    inet = cast.postpaid("894500FDOMWZMC50FQ77", "W-4071-0310", "individual", limit="2400")
    inet.live_postpaid("1890.2271", "512.20", cash=True)
    inet.running_usage("1873.20")

    axelsson = cast.postpaid("9845004B39FC7JIB4769", "W-4071-0609", "consolidated", "SEK", limit="2400")
    axelsson.live_postpaid("1310.00", "", cash=True)
    axelsson.pay(axelsson.lately(0.3), "424.00", "VS 609-2", remark="Paid twice by mistake")

    datanet = cast.postpaid("967600WBSTI7WO4GN360", "W-4071-0814", "individual", limit="12500")
    datanet.live_postpaid("7940.18552", "8871.00", lines=24, cash=True)
    datanet.charge(
        cast.stage.calendar.in_month(1, 20.4), "249.00", Kind.SUBSCRIPTION, description="SIP trunk, 60 lines"
    )
    datanet.running_usage("4412.02", lines=30)
    datanet.hold(datanet.lately(0.95), "36.40", "res-70113", description="+49 30 901820, conference")

    fonds = cast.postpaid("967600T5BTPZ3DDY6W24", "W-4071-0977", "none", limit="1000")
    fonds.live_postpaid("640.10", "")
    fonds.running_usage("985.00", lines=20)
    fonds.charge(fonds.lately(0.97), "37.10", description="+32 4 242 52 00, 3 h 4 min", overrun=True)

    rsa = cast.postpaid("984500CE86481LB8ED96", "W-4071-2714", "consolidated", "JPY", limit="600000")
    rsa.live_postpaid("301250", "88000", cash=True)
    rsa.running_usage("316420", cash=True)
    rsa.hold(rsa.lately(0.95), "4800", "res-70207", description="+81 3 6205 2111")

    mobile = cast.postpaid("529900MTXT6QJRYLFL21", "W-4071-3051", "consolidated", unlimited=True)
    mobile.live_postpaid("50212.6071", "", lines=40)
    mobile.running_usage("48211.90", lines=60)
    mobile.hold(mobile.lately(0.95), "204.10", "res-70344", description="+43 676 20 00, roaming")


def _prepaid_of_the_list(cast: Cast) -> None:
    steel = cast.prepaid("89450079WLD4WLTRHV66", "W-4071-0233")
    steel.live_prepaid("80")
    steel.end_prepaid("100", "81.60")
    steel.hold(steel.lately(0.95), "0.75", "res-70029")

    algorithm = cast.prepaid("097900CAKA0000061085", "W-4071-0547", limit="100")
    algorithm.live_prepaid("60")
    algorithm.end_prepaid("80", "88.67")

    soft = cast.prepaid("984500B6DC4A0T498828", "W-4071-0762", "INR", limit="50000")
    soft.live_prepaid("42000")
    soft.end_prepaid("20000", "81240.50", lines=24)
    soft.hold(soft.lately(0.95), "380", "res-70090")
    in_two_days = cast.stage.calendar.now + timedelta(days=2)
    soft.limit(
        soft.lately(0.4),
        "75000",
        ChangeReason.PAYMENT_PROMISED,
        "12,000.00 promised by Wednesday.",
        ends_at=in_two_days,
    )

    gia = cast.prepaid("04CWX5B099AKRYTY4096", "W-4071-1126", "HUF", limit="0")
    gia.live_prepaid("180000")
    gia.end_prepaid("400000", "158200")
    gia.hold(gia.lately(0.95), "1250", "res-70121")

    seki = cast.prepaid("097900CAKA0000117927", "W-4071-2890", limit="150")
    seki.live_prepaid("55")
    seki.end_prepaid("20", "62.00")
    by = cast.stage.actors[MANAGER]
    told: dict[str, Any] = {
        "reason_code": ChangeReason.RISK,
        "reason": "In liquidation since this month.",
        "by": by,
    }
    seki.do(
        seki.lately(0.98),
        lambda wallet, now: statuses.suspend(organization=wallet.organization, now=now, **told),
    )

    kaunas = cast.prepaid("254900CPFUQQ7YUUYUI33", "W-4071-3388", limit="200")
    kaunas.live_prepaid("140")
    kaunas.end_prepaid("50", "221.30")
    kaunas.hold(kaunas.lately(0.95), "6.20", "res-70398")


def _mediworx(cast: Cast) -> None:
    lei, calendar = "097900CAFG0000237387", cast.stage.calendar
    postpaid = cast.postpaid(lei, "W-4071-1805", "individual", limit="1750")
    for back in range(6, 1, -1):
        postpaid.usage(back, "1512.77305", lines=24)
        postpaid.pay_due(calendar.in_month(back - 1, 12.4))
    _mediworx_last_month(postpaid)
    postpaid.limit(calendar.in_month(2, 8.3), "2000", reason="Yearly review.", person=ADMINISTRATOR)
    _mediworx_running_month(cast, postpaid)
    cast.prepaid(lei, "W-4071-1806").end_prepaid("100", "41.10")


def _mediworx_last_month(story: Story) -> None:
    """Per kind, so that the invoice has something to round: 1,961.60971 exactly, 1,961.61 on paper."""
    story.usage(1, "1402.38421", 40, kinds=(Kind.CALL,))
    story.usage(1, "489.2255", 20, kinds=(Kind.SMS,))
    story.usage(1, "25.00", 4, cash=True, kinds=(Kind.FAX,))
    story.usage(1, "45.00", 3, cash=True, kinds=(Kind.NUMBER_ACTIVATION,))


def _mediworx_running_month(cast: Cast, story: Story) -> None:
    calendar = cast.stage.calendar
    # A temporary one where a setting allows it for postpaid customers.
    allowed = settings.CREDIT_TEMPORARY_LIMIT_FOR_POSTPAID
    ends_at = calendar.now + timedelta(days=7) if allowed else None
    told = "Campaign week, pays on the 28th."
    story.limit(story.lately(0.8), "2600", ChangeReason.PAYMENT_PROMISED, told, ends_at=ends_at)
    story.running_usage("2212.44", lines=60)
    story.charge(story.lately(0.94), "6.10", description="+39 02 8829 1, 41 min", overrun=True)
    story.charge(calendar.ago(days=3), "49.00", Kind.ADDON, description="Call recording")
    story.charge(story.lately(0.945), "3.20", description="+421 2 330 018, wrong rate", reference="CDR-88102")
    story.pay(calendar.ago(days=2), "400", "2026-1107", remark="Part payment")
    story.charge(story.lately(0.955), "15.00", Kind.NUMBER_ACTIVATION, description="+421 2 330 018")
    last_month = calendar.months[-1] - timedelta(hours=9)
    story.charge(story.lately(0.97), "2.31531", description="+43 1 534 330, 12 min", occurred_at=last_month)
    story.charge(story.lately(0.98), "9.63", Kind.SMS, description="214 messages")
    story.charge(story.lately(0.99), "0.8421", description="+421 904 118 220, 6 min 1 s")
    story.refund(story.lately(0.96), "CDR-88102", "Wrong rate")
    story.hold(story.lately(0.995), "12.50", "res-88213", description="+421 905 …")


def _node_nexus(cast: Cast) -> None:
    story = cast.prepaid("254900OG9TB1MQCKGO27", "W-4071-2236", limit="100")
    story.live_prepaid("190", lines=16)
    story.end_prepaid("50", "148.20")
    story.hold(story.lately(0.95), "1.80", "res-70277", description="+372 5 418 220")
    for share in (0.97, 0.98, 0.99):
        story.charge(story.lately(share), "0.84", description="+372 5 418 221", may_be_declined=True)


def _known_checks(cast: Cast) -> None:
    """product.md section 2, to the last digit."""
    own = cast.prepaid("097900CAKA0000123650", "W-4071-3401", limit="2000")
    own.live_prepaid("700")
    own.end_prepaid("900", "813.89852")

    due = cast.postpaid("097900CAKA0000141304", "W-4071-3402", "consolidated", limit="1800")
    due.live_postpaid("1400", "1610.61", cash=True)
    due.running_usage("0.20544", lines=2)

    overpaid = cast.postpaid("097900CAKA0000156630", "W-4071-3403", "consolidated", limit="100")
    overpaid.live_postpaid("70", "", cash=True)
    overpaid.pay(overpaid.lately(0.2), "65.98")
    overpaid.charge(overpaid.lately(0.9), "0.000009", Kind.SMS)

    unpaid = cast.postpaid("097900CAKA0000173411", "W-4071-3404", "individual", limit="1000")
    unpaid.live_postpaid("450", "500", cash=True)
    unpaid.running_usage("200")
