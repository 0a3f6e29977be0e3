"""The drawings: what is larger stands higher, labels never lie on each other, and a single day is no line."""

from datetime import date, timedelta
from itertools import combinations

from credit import exposure_plot
from credit.models import Exposure
from tests.factories import micros

FIRST = date(2026, 1, 30)


def days(*figures, currency="EUR"):
    """(limits, used, due) of one day after the other."""
    return [
        Exposure(
            day=FIRST + timedelta(days=number),
            currency=currency,
            limits_micros=micros(limits),
            used_micros=micros(used),
            due_micros=micros(due),
        )
        for number, (limits, used, due) in enumerate(figures)
    ]


def test_what_is_larger_stands_higher_and_zero_on_the_ground():
    sheet = exposure_plot.draw(days((100, 50, 0), (200, 40, 10)), 800, 200)
    ends = {line.look: line.end for line in sheet.lines}
    assert ends["p-limit"][1] < ends["p-use"][1] < ends["p-due"][1] < sheet.bottom
    assert sheet.grid[0] == (sheet.bottom, "0")


def test_lines_are_told_apart_without_colour():
    """By words at each line, an area under what is used, and marks on what is due."""
    sheet = exposure_plot.draw(days(*[(100, 50, 20)] * 30), 800, 200)
    by_look = {line.look: line for line in sheet.lines}
    assert [line.words for line in sheet.lines] == ["Due", "Used", "Limits granted"]
    assert by_look["p-use"].area and not by_look["p-limit"].area
    assert by_look["p-due"].marks and not by_look["p-limit"].marks


def test_labels_never_lie_on_each_other_and_stay_on_the_sheet():
    for figures in [(0, 0, 0), (100, 100, 100), (100, 2, 1), (1, 100, 99), (100, 1, 100)]:
        sheet = exposure_plot.draw(days(figures, figures), 360, 200)
        for one, other in combinations(sheet.lines, 2):
            assert abs(one.label_y - other.label_y) >= exposure_plot.GAP
        assert all(0 < line.label_y <= sheet.bottom for line in sheet.lines)


def test_sums_of_any_size_have_a_scale_that_fits():
    sheet = exposure_plot.draw(days((10**13, 5, 0), (10**13, 5, 0), currency="HUF"), 1080, 200)
    assert 2 <= len(sheet.grid) <= 6
    assert sheet.grid[-1][1].startswith("10,000,000,000,000")
    assert sheet.left < sheet.right


def test_no_line_is_drawn_for_a_single_day():
    assert exposure_plot.draw(days((100, 50, 0)), 800, 200) is None
    assert exposure_plot.sparkline([(FIRST, 5)]) == ""


def test_a_sparkline_goes_from_the_first_day_to_the_last():
    path = exposure_plot.sparkline([(FIRST, 0), (FIRST + timedelta(days=10), micros(7))], 104, 30)
    assert path == "M0.0 27.0L100.0 3.0"
