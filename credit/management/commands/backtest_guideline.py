"""How the guideline does on real bills: a table for docs/recommendation.md."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from credit.guideline.backtest import REFERENCES, Score, clients, curve, guideline, judge
from credit.guideline.estimate import MARGIN


class Command(BaseCommand):
    help = "Judges the guideline on credit_clients_uci.csv: recommends from months 1–5, judges on month 6."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"{options['file']} is not there.")
        judged = clients(options["file"])
        references = {name: judge(rule, judged) for name, rule in REFERENCES.items()}
        self.stdout.write(
            f"{len(judged):,} clients; the sixth bill, judged on a limit from the first five\n\n"
        )
        self.stdout.write("| limit | bills that fit | of the limit unused |  |\n| --- | --- | --- | --- |")
        for name, score in references.items():
            self._row(name, score, "")
        self._row("**the guideline**", judge(guideline(MARGIN), judged), "as the portal shows it")
        self.stdout.write("\nWith more and more room:\n")
        self.stdout.write(
            "| usual steps | bills that fit | of the limit unused | better on both than |\n| --- | --- | --- | --- |"
        )
        for margin, score in curve(judged):
            beaten = [name for name, reference in references.items() if score.beats(reference)]
            self._row(f"{margin.step / 100:g}", score, ", ".join(beaten) or "none")

    def _row(self, name: str, score: Score, remark: str) -> None:
        self.stdout.write(f"| {name} | {score.fit:.2f} % | {score.unused:.1f} % | {remark} |")
