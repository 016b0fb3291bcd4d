package cli_test

import (
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

func TestWrongCommandLinesEndWith2AndSayWhatIsMeant(t *testing.T) {
	for line, want := range map[string]string{
		"statsu":                        `gateway has no verb "statsu"; did you mean status?`,
		"statsu --json":                 `gateway has no verb "statsu"; did you mean status?`,
		"--color never statsu --json":   `did you mean status?`,
		"xyzzy":                         `; the verbs are cert, completion, config,`,
		"config":                        `gateway config needs a verb: diff, import, show, validate`,
		"config valid x":                `gateway config has no verb "valid"; did you mean validate?`,
		"config --json":                 `there is no flag --json`,
		"status --jso":                  `there is no flag --jso; did you mean --json?`,
		"status -j":                     `there is no flag -j`,
		"status now":                    `gateway status takes no arguments besides flags, but got "now"`,
		"status --timeout soon":         `--timeout`,
		"status --timeout 0s":           `--timeout is 0s`,
		"status --watch --interval 1ms": `--interval is 1ms`,
		"status --admin nowhere":        `write host:port`,
		"status --admin off":            `turned off`,
		"--color " +
			"sometimes version": `--color is "sometimes"; it must be auto, always or never`,
		"config validate":                   `there is nothing to check`,
		"config diff one":                   `gateway config diff: NEW is missing`,
		"config diff a b c":                 `"c" is one argument too many`,
		"config show a b":                   `shows one file`,
		"errors list GW_NO_ROTE":            `there is no error "GW_NO_ROTE"; did you mean GW_NO_ROUTE?`,
		"example run":                       `websocket) is missing`,
		"example run helo":                  `there is no example "helo"; did you mean hello?`,
		"example run hello --port x":        `it must be a number from 0 to 65535`,
		"run --port 70000":                  `it must be a number from 0 to 65535`,
		"run --log-level loud":              `it must be debug, info, warn or error`,
		"run a.yaml b.yaml":                 `gateway run runs one file, but got "b.yaml" too`,
		"run a.yaml --config b.yaml":        `a.yaml and --config b.yaml both name a file; name one`,
		"run nowhere.yaml":                  `nowhere.yaml: E_READ: the file can't be read`,
		"validate a.yaml":                   `gateway has no verb "validate"; did you mean gateway config validate?`,
		"list":                              `did you mean gateway errors list or gateway example list?`,
		"completion":                        `SHELL (bash, zsh, fish, powershell) is missing`,
		"completion csh":                    `there is no completion for "csh"; did you mean zsh?`,
		"man":                               `--dir is missing`,
		"why":                               `ID is missing`,
		"help xyzzy":                        `there is no command "xyzzy" to explain`,
		"help config xyzzy":                 `there is no command "config xyzzy" to explain`,
		"version --json=maybe":              `invalid argument`,
		"run --config /nowhere/at/all.yaml": `/nowhere/at/all.yaml: E_READ: the file can't be read`,
	} {
		t.Run(line, func(t *testing.T) {
			r := invoke(t, strings.Fields(line)...)
			r.want(t, 2, "", want)
			if strings.Contains(r.stderr, "Usage:") {
				t.Errorf("the whole help comes with the error:\n%s", r.stderr)
			}
		})
	}
}

// What is left of a variable that is not set is not taken for the default.
func TestEmptyArgumentsAreErrors(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"run", "--config", ""}, {"run", ""}, {"run", "--port="}, {"run", "--admin", ""},
		{"status", "--config", ""}, {"status", "--admin", ""},
		{"config", "validate", ""}, {"config", "show", ""}, {"config", "diff", "a", ""},
	} {
		invoke(t, args...).want(t, 2, "", "empty")
	}
}

// A value that stands for "not given" is no default that a person could give.
func TestNoHelpShowsANegativeDefault(t *testing.T) {
	for _, path := range cli.CommandPaths() {
		r := invoke(t, append(strings.Fields(path)[1:], "--help")...)
		if r.code != 0 || strings.Contains(r.stdout, "(default -") {
			t.Errorf("%s --help:\n%s", path, r.stdout)
		}
	}
}

func TestHelpIsOnStdoutAndHasAnExample(t *testing.T) {
	for line, want := range map[string]string{
		"":                     "Available Commands:",
		"--help":               "Exit codes: 0 it went well",
		"help config validate": "gateway config validate --json *.yaml",
		"config --help":        "Available Commands:",
		"config show --help":   "--route 'GET api.example.com/users/7'",
		"status --help":        "GATEWAY_ADMIN_TOKEN",
		"run --help":           "--tls-cert file",
	} {
		invoke(t, strings.Fields(line)...).want(t, 0, want, "")
	}
}

func TestEveryCommandExplainsItself(t *testing.T) {
	for _, path := range cli.CommandPaths() {
		r := invoke(t, append(strings.Fields(path)[1:], "--help")...)
		r.want(t, 0, "Examples:\n  ", "")
		if !strings.Contains(r.stdout, "gateway") || strings.Contains(r.stdout, "\t") {
			t.Errorf("%s: %q", path, r.stdout)
		}
		for _, line := range strings.Split(r.stdout, "\n") {
			if before, _, flag := strings.Cut(line, "   "); len([]rune(line)) > 130 &&
				!(flag && before != "") && !strings.HasPrefix(strings.TrimSpace(line), "-") {
				t.Errorf("%s: a line of the help is %d wide: %s", path, len(line), line)
			}
		}
	}
}

func TestHostileArgumentsAreShownAndNotObeyed(t *testing.T) {
	const evil = "\x1b[2J\u202e\nx"
	for _, args := range [][]string{
		{evil}, {"config", evil}, {"--" + evil}, {"-" + evil}, {"status", "--" + evil},
		{"config", "validate", evil}, {"config", "show", evil},
		{"config", "show", "--route", evil},
		{"config", "show", "--route", "GET " + evil + " " + evil},
		{"config", "show", "--route", "GET a/" + evil},
		{"config", "show", "--route", "GET x" + evil + "://y/"},
		{"config", "diff", evil, evil}, {"errors", "list", evil}, {"example", "run", evil},
		{"status", "--admin", evil}, {"status", "--config", evil},
		{"why", evil, "--admin", evil}, {"completion", evil}, {"help", evil},
		{"run", "--port", evil}, {"run", "--config", evil},
		{"--color", evil, "version"}, {"status", "--timeout", evil}, {"version", "--json=" + evil},
	} {
		for _, color := range []string{"never", "always"} {
			r := invoke(t, append([]string{"--color=" + color}, args...)...)
			if args[0] == "--color" {
				r = invoke(t, args...)
			}
			if r.code != 2 || r.stderr == "" {
				t.Errorf("%q: exit code %d, stderr %q", args, r.code, r.stderr)
			}
			checkHarmless(t, r, color == "always")
		}
	}
}

// checkHarmless wants no control characters but line ends in what was printed, and no escape codes
// but those of styles.
func checkHarmless(t *testing.T, r result, colours bool) {
	t.Helper()
	for _, text := range []string{r.stdout, r.stderr} {
		if colours {
			for _, code := range []string{"0", "1", "2", "31", "32", "33"} {
				text = strings.ReplaceAll(text, "\x1b["+code+"m", "")
			}
		}
		for _, r := range text {
			if r != '\n' && (r < ' ' || r == 0x7f || 0x80 <= r && r < 0xa0 || r == 0x202e) {
				t.Fatalf("%q has %q", text, r)
			}
		}
	}
}

func TestColoursAreOnlyWhereTheyAreAskedFor(t *testing.T) {
	file := write(t, "gateway.yaml", valid)
	for _, args := range [][]string{
		{"config", "validate", file}, {"errors", "list"},
		{"config", "show", "--route", "GET api.example.com/users", file},
	} {
		if r := invoke(t, args...); strings.Contains(r.stdout, "\x1b") {
			t.Errorf("%v: colours in a pipe: %q", args, r.stdout)
		}
		if r := invoke(t, append(args, "--color=always")...); !strings.Contains(r.stdout, "\x1b[") {
			t.Errorf("%v: no colours with --color=always: %q", args, r.stdout)
		}
		if r := invoke(t, append(args, "--json", "--color=always")...); strings.Contains(r.stdout,
			"\x1b") {
			t.Errorf("%v: colours in JSON: %q", args, r.stdout)
		}
	}
}
