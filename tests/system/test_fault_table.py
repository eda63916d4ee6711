"""The table of kindlyd(8) of what happens when something goes wrong: each row is true, because tests say so."""

import os
import re

import test_arrival
import test_crash
import test_daemon
import test_fault_client
import test_fault_clock
import test_fault_desktop
import test_fault_files
import test_fault_journal
import test_fault_presenter
import test_fault_process
import test_files
import test_systemd
from rig_presenter import ROOT

CHECKED_BY = {
    "The session bus ends": (test_systemd.test_comes_back_with_the_bus, test_daemon.test_bus_lost),
    "It is killed, or the power fails": (
        test_crash.test_nothing_is_lost, test_crash.test_put_back_as_it_was,
        test_fault_process.test_in_the_middle_of_each_write, test_fault_process.test_in_the_middle_of_an_import),
    "It is ended in the middle of a call": (test_fault_process.test_in_the_middle_of_each_write,),
    "It hangs": (test_fault_client.test_the_daemon_hangs, test_fault_process.test_stopped_and_continued),
    "There is no notification server": (
        test_crash.test_no_server_yet, test_crash.test_no_server_within_hold_for, test_crash.test_by_hand_without_a_server),
    "The server hangs, or refuses": (
        test_fault_desktop.test_hangs, test_fault_desktop.test_refuses, test_crash.test_a_server_that_refuses),
    "The server ends": (test_fault_desktop.test_replaced_by_another, test_arrival.test_the_server_starts_anew),
    "The program that shows is killed": (
        test_fault_presenter.test_killed_under_what_it_shows, test_fault_presenter.test_killed_under_it_again),
    "It hangs, can't be started, or isn't there": (
        test_fault_presenter.test_stopped_before_its_reply, test_fault_presenter.test_no_presenter_at_all,
        test_fault_process.test_few_files),
    "logind ends, hangs, or isn't there": (
        test_fault_desktop.test_logind_goes_and_comes_back, test_fault_desktop.test_logind_hangs,
        test_fault_desktop.test_logind_is_never_there),
    "The schedule has a mistake, is no file, or is a link to nothing": (
        test_fault_files.test_in_place_of_the_schedule, test_fault_files.test_in_place_of_the_schedule_at_the_start,
        test_files.test_bad_on_reload),
    "The schedule is removed": (test_fault_files.test_removed_is_the_shipped_one,),
    "A deck has a mistake or can't be read": (test_fault_files.test_in_place_of_a_deck,),
    "The journal can't be written (a full disk, a read-only one)": (test_fault_journal.test_writes_fail,),
    "The journal, or its folder, is removed": (
        test_fault_journal.test_the_file_is_removed, test_files.test_the_journal_is_taken_away),
    "Only journal.db-wal is removed": (test_fault_journal.test_the_wal_is_removed,),
    "Another journal is put in its place": (test_fault_journal.test_a_backup_is_put_in_its_place,),
    "The journal is damaged": (test_files.test_a_damaged_journal_is_set_aside, test_files.test_damage_met_while_running),
    "The clock is set": (
        test_fault_clock.test_open_on_the_screen, test_fault_clock.test_put_off_for_a_while,
        test_fault_clock.test_until_a_time_of_day, test_fault_clock.test_what_comes_due),
    "The machine sleeps": (test_fault_clock.test_the_machine_slept, test_arrival.test_eight_hours_of_lock),
    "Nobody reads the log": (test_fault_process.test_nobody_reads_the_log,),
    "Files or processes run out": (test_fault_process.test_few_files, test_fault_process.test_no_more_processes),
}


def test_each_row_is_checked():
    with open(os.path.join(ROOT, "docs/kindlyd.8.scd"), encoding="utf-8") as page:
        table = page.read().split("# WHEN SOMETHING GOES WRONG\n")[1].split("\n# ")[0]
    rows = re.findall(r"^\|  (.*)\n:  .+\n:  .+$", table, re.M)
    assert rows == list(CHECKED_BY) and table.count("\n|") == len(rows)
    assert all(callable(check) for checks in CHECKED_BY.values() for check in checks)
