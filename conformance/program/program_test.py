"""The program as a person meets it: exit codes, one clear line, reports. python3 program_test.py PROGRAM [unittest flags]"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = os.path.abspath(sys.argv.pop(1))
HERE = os.path.dirname(os.path.abspath(__file__))
DRIVERS = os.path.join(os.path.dirname(HERE), "drivers")
EXAMPLE = f"exec python3 {DRIVERS}/python/example_driver.py"


def run(*words: str, **kwargs) -> subprocess.CompletedProcess:
    """Runs the program in a folder that has no files of ours."""
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=100,
                          cwd=tempfile.gettempdir(), **kwargs)


def bad(name: str) -> str:
    return f"exec python3 {DRIVERS}/bad/{name}.py"


class Usage(unittest.TestCase):
    """Exit 2, and one line that names the place and the remedy."""

    def refused(self, pattern: str, *words: str) -> None:
        result = run(*words)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertRegex(result.stderr, pattern)
        self.assertEqual(result.stdout, "")

    def test_misspelt_words_are_answered_with_the_nearest(self) -> None:
        self.refused("did you mean '--mutant'", "run", "--mutnat", "code-reusable")
        self.refused("did you mean 'replay'", "reply", "x")
        self.refused("did you mean 'code-reusable'", "run", "--mutant", "code-reusabel")
        self.refused("did you mean 'code/replay-is-refused'", "run", "code/replay-is-refusd")
        self.refused("did you mean 'code-single-use'", "run", "--row", "code-single-usе")
        self.refused("did you mean 'oauth-2.1'", "run", "--profile", "oauth-2.2")
        self.refused("did you mean 'code/replay-is-refused'", "explain", "code/replay-is-refusd")
        self.refused("did you mean 'fastmcp'", "run", "--driver", "fastmpc", "--drivers", DRIVERS)

    def test_contradictions_are_refused(self) -> None:
        self.refused("--mutant", "run", "--reference", "--mutant", "code-reusable")
        self.refused("--level", "run", "--level", "musty")
        self.refused("--timeout", "run", "--timeout", "0")

    def test_an_empty_value_is_an_unset_variable_and_judges_nothing(self) -> None:
        for flag in ("--mutant", "--driver", "--driver-command", "--baseline", "--output", "--vectors", "--profile"):
            self.refused(f"{flag}: is empty", "run", flag, "")
        self.refused("--from: is empty", "replay", "code/is-redeemed", "--from", "")

    def test_vectors_that_the_lint_refuses_judge_nothing(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            def vector(**changes) -> None:
                steps = [{"do": "GET /resource", "expect": [{"is": "pass", "status": 401}]}]
                text = {"trace": 1, "says": "A request without a token is challenged.",
                        "cites": ["resource-no-credentials-401"], "steps": steps} | changes
                with open(os.path.join(folder, "v.json"), "w", encoding="utf-8") as file:
                    json.dump(text, file)
            vector(cites=["code-singel-use"])
            self.refused("/v cites an unknown row 'code-singel-use'; did you mean", "run", "--vectors", folder)
            vector(cites=["bearer-scope-covers-resource"], needs=["public_client"])
            self.refused("did you mean 'public_clients'", "run", "--vectors", folder)
            vector(cites=["bearer-scope-covers-resource"], twin="code/nope")
            self.refused("twin", "run", "--vectors", folder)

    def test_files_that_are_not_there_or_wrong_are_named(self) -> None:
        self.refused("/no/such.toml: cannot be opened", "run", "--baseline", "/no/such.toml")
        self.refused("/no/such: cannot be read", "run", "--vectors", "/no/such")
        self.refused("no vector and no file", "replay", "/no/such.json")
        self.refused("is a folder, not a file", "run", "--baseline", "/tmp")
        with tempfile.TemporaryDirectory() as folder:
            os.mkfifo(os.path.join(folder, "pipe"))  # Nobody writes to it: to read it would take forever.
            self.refused("is no regular file", "run", "--baseline", os.path.join(folder, "pipe"))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "v.json")
            with open(path, "w", encoding="utf-8") as file:
                file.write('{"trace": 1,\n "sais": "x", "steps": []}')
            self.refused(r"v\.json:2: unknown field 'sais' in a vector; did you mean 'says'\?", "replay", path)
            self.refused(r"v\.json:2: unknown field", "run", "--vectors", folder)
            self.refused(r"v\.json:2: unknown field", "format", "--check", path)
            self.refused("cannot be made", "run", "code/replay-is-refused", "-o", path + "/x")

    def test_no_command_is_usage_and_help_is_not(self) -> None:
        self.assertEqual(run().returncode, 2)
        for words in (["--help"], ["run", "--help"], ["driver", "check", "--help"]):
            self.assertEqual(run(*words).returncode, 0)
        self.assertIn("Exit codes: 0 judged and clean", re.sub(r"\s+", " ", run("--help").stdout))


class Judging(unittest.TestCase):
    def test_the_reference_is_clean(self) -> None:
        result = run("run")
        self.assertEqual(result.returncode, 0, result.stdout[-2000:])
        self.assertRegex(result.stdout, r"\d+ vectors: \d+ pass, 0 fail\nexit 0: judged and clean")

    def test_a_mutant_is_red_with_the_shortest_explanation_of_why(self) -> None:
        result = run("run", "--mutant", "code-reusable", "code/replay-is-refused")
        self.assertEqual(result.returncode, 1)
        for part in ("FAIL      code/replay-is-refused", "expected    refused", "actual      200", "<-- here",
                     "grantcheck replay code/replay-is-refused --mutant code-reusable"):
            self.assertIn(part, result.stdout)

    def test_nothing_selected_is_no_evidence(self) -> None:
        result = run("run", "--level", "pos", "--row", "code-single-use", "--door", "methods", "metadata/*")
        self.assertEqual(result.returncode, 4)
        self.assertIn("nothing is selected", result.stdout)

    def test_a_baseline_knows_failures_and_goes_stale(self) -> None:
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            first = run("run", "--mutant", "code-reusable", "code/replay-is-refused", "-o", file.name + ".d")
            self.assertEqual(first.returncode, 1)
            with open(file.name + ".d/run.json", encoding="utf-8") as report:
                verdict = json.load(report)["verdicts"][0]
            file.write(f"[[known]]\nvector = 'code/replay-is-refused'\nreason = 'r'\nseen = '{verdict['symptom']}'\n")
            file.flush()
            self.assertEqual(run("run", "--mutant", "code-reusable", "code/replay-is-refused", "--baseline",
                                 file.name).returncode, 0)
            stale = run("run", "code/replay-is-refused", "--baseline", file.name)
            self.assertEqual(stale.returncode, 5)
            self.assertIn("no longer fails", stale.stdout)

    def test_a_verdict_is_replayed_from_the_steps_it_carries(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run("run", "--mutant", "code-reusable", "code/replay-is-refused", "-o", folder)
            again = run("replay", "code/replay-is-refused", "--from", folder + "/run.json", "--mutant", "code-reusable")
            self.assertEqual(again.returncode, 1, again.stderr)
            self.assertEqual(run("replay", "code/replay-is-refused", "--from", folder + "/run.json").returncode, 0)

    def test_no_output_shows_a_code_or_a_token(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            shown = run("run", "--mutant", "code-reusable", "-o", folder, "--show-secrets").stdout
            tokens = set(re.findall(r'"access_token": "([^"]{20,})"', shown))
            self.assertTrue(tokens)
            masked = run("run", "--mutant", "code-reusable", "-o", folder, "-v")
            with open(folder + "/run.json", encoding="utf-8") as report:
                everything = masked.stdout + masked.stderr + report.read()
            for token in tokens:
                self.assertNotIn(token, everything)

    def test_a_code_in_a_fragment_or_in_an_exception_is_masked_too(self) -> None:
        for mutant in ("redirect-unchecked", "redirect-prefix"):
            out = run("run", "--mutant", mutant, "-v").stdout
            if "no mutant" in out:
                continue
            self.assertNotRegex(out, r"(?i)\b(code|token)=[\w-]{20,}")

    def test_a_report_of_an_earlier_run_is_not_taken_for_one_that_ended_early(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run("run", "code/is-redeemed", "-o", folder)
            self.assertTrue(os.path.exists(folder + "/run.json"))
            self.assertEqual(run("run", "--driver-command", "false", "-o", folder).returncode, 3)
            self.assertEqual(os.listdir(folder), [])
            os.mkdir(folder + "/run.json")
            result = run("run", "-o", folder)
            self.assertEqual((result.returncode, result.stdout), (2, ""))

    def test_the_readme_shows_what_is_really_printed(self) -> None:
        with open(os.path.join(HERE, "..", "..", "README.md"), encoding="utf-8") as file:
            readme = file.read()
        for words in ([], ["run", "--mutant", "code-reusable", "code/replay-is-refused"]):
            result = run(*(words or ["run"]), env=os.environ | {"GRANTCHECK_PROGRAM": "./gate"})
            shown = "".join(("    " + line).rstrip() + "\n" for line in result.stdout.splitlines())
            self.assertIn("    $ " + " ".join(["./gate", *words]) + "\n" + shown, readme)

    def test_the_line_to_paste_names_what_was_judged_and_how(self) -> None:
        out = run("run", "--mutant", "code-reusable", "code/replay-is-refused", "--profile", "oauth-2.1").stdout
        self.assertIn("grantcheck replay code/replay-is-refused --mutant code-reusable --profile oauth-2.1\n", out)

    def test_output_that_cannot_be_written_is_no_success(self) -> None:
        with open("/dev/full", "w", encoding="utf-8") as full:
            result = subprocess.run([PROGRAM, "list"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard output cannot be written", result.stderr)

    def test_lists_can_be_read_by_programs(self) -> None:
        for what, column in (("--vectors", "vector"), ("--requirements", "row"), ("--mutants", "mutant")):
            rows = json.loads(run("list", what, "--format", "json").stdout)
            self.assertGreater(len(rows), 10)
            self.assertIn(column, rows[0])

    def test_uncited_requirements_are_those_that_no_vector_cites(self) -> None:
        def listed(*more: str) -> list:
            return json.loads(run("list", "--requirements", "--format", "json", *more).stdout)

        uncited = [row["row"] for row in listed("--uncited")]
        self.assertEqual(uncited, [row["row"] for row in listed() if not row["vectors"] and row["level"] != "MAY"])
        self.assertIn("access-token-contents-encrypted", uncited)
        self.assertNotIn("code-single-use", uncited)
        self.assertEqual(run("list", "--uncited").returncode, 2)

    def test_explain_shows_row_steps_and_mutant(self) -> None:
        text = run("explain", "code/replay-is-refused").stdout
        for part in ("MUST  code-", "steps", "wanted: refused", "twin", "code-reusable"):
            self.assertIn(part, text)

    def test_an_interrupt_leaves_a_partial_report(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            process = subprocess.Popen(
                [PROGRAM, "run", "--driver-command", bad("hangs_mid_trace"), "--timeout", "1", "-o", folder],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
            self.assertEqual(process.returncode, 130, out[-500:])
            with open(folder + "/run.json", encoding="utf-8") as report:
                self.assertTrue(json.load(report)["partial"])


    def test_an_interrupt_does_not_wait_for_a_driver_that_hangs(self) -> None:
        for words in (["run"], ["driver", "check", "--timeout", "60", "--", "python3", f"{DRIVERS}/bad/hangs_mid_trace.py"]):
            flags = ["--driver-command", bad("hangs_mid_trace"), "--timeout", "60"] if words == ["run"] else []
            process = subprocess.Popen([PROGRAM, *words, *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            self.assertIn(process.wait(timeout=20), (130, -signal.SIGINT))


class Drivers(unittest.TestCase):
    def test_each_way_to_be_broken_has_its_own_line_and_exit_3(self) -> None:
        lines = {}
        for name in ("exits_during_handshake", "silent", "prints_text", "wrong_seq", "wrong_protocol",
                     "crashes_mid_trace", "hangs_mid_trace"):
            result = run("driver", "check", "--timeout", "1", "--", "python3", f"{DRIVERS}/bad/{name}.py")
            self.assertEqual(result.returncode, 3, name + result.stdout)
            self.assertIn("help: ", result.stdout)
            lines[name] = [line for line in result.stdout.splitlines() if line.startswith("FAIL")][0]
        missing = run("driver", "check", "--", "/no/such/program")
        self.assertEqual(missing.returncode, 3)
        lines["not_starting"] = missing.stdout.splitlines()[0]
        self.assertEqual(len(set(lines.values())), len(lines), lines)

    def test_a_working_driver_passes_the_check(self) -> None:
        result = run("driver", "check", "--", "python3", f"{DRIVERS}/python/example_driver.py")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("ok    ", result.stdout)

    def test_a_driver_that_cannot_say_hello_is_not_ready(self) -> None:
        result = run("run", "--driver-command", bad("exits_during_handshake"))
        self.assertEqual(result.returncode, 3)
        self.assertIn("during the handshake", result.stderr)

    def test_a_crash_inside_a_vector_is_its_failure_and_the_run_goes_on(self) -> None:
        result = run("run", "--driver-command", bad("crashes_mid_trace"), "metadata/is-*", "-q")
        self.assertEqual(result.returncode, 1, result.stdout[-1000:])
        self.assertGreater(result.stdout.count("actual      target crashed: the driver ended"), 1)

    def test_a_hang_inside_a_vector_is_its_failure(self) -> None:
        result = run("run", "--driver-command", bad("hangs_mid_trace"), "--timeout", "0.5",
                     "metadata/is-published", "-q")
        self.assertEqual(result.returncode, 1, result.stdout[-1000:] + result.stderr)
        self.assertIn("target crashed: the driver stayed silent", result.stdout)

    def test_a_driver_without_its_packages_is_not_ready(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            result = run("run", "--driver", "fastmcp", "--drivers", DRIVERS, "--environments", folder)
        self.assertEqual(result.returncode, 3)
        self.assertIn("./gate run --driver fastmcp", result.stderr)


if __name__ == "__main__":
    unittest.main()
