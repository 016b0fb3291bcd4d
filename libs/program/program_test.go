package program_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/program"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
)

// service is one whose behaviour a test sets.
type service struct {
	wrong, ends error
	speed       string
	ran         bool
}

func (s *service) Bind(fs *flag.FlagSet) { fs.StringVar(&s.speed, "speed", "", "how fast") }

func (s *service) Complete(func(string) string) error { return s.wrong }

func (s *service) Run(_ context.Context, p *program.Process) error {
	s.ran = true
	p.Lines.Address("listener public", "http://127.0.0.1:80")
	p.Lines.Note("a note")
	p.Log.Error("a record")
	return s.ends
}

func TestExitCodesAndWhatIsSaid(t *testing.T) {
	t.Parallel()
	failed := errors.New("first\nsecond")
	for name, c := range map[string]struct {
		args    []string
		service service
		code    int
		stderr  []string // what is said there, and not only logged
		stdout  string
		runs    bool
	}{
		"it ends": {code: program.ExitOK, runs: true},
		"it fails": {
			service: service{ends: failed}, code: program.ExitFailed,
			stderr: []string{"test: first", "second"}, runs: true,
		},
		"wrong usage": {
			service: service{ends: program.Wrong("--speed: %w", failed)}, code: program.ExitUsage,
			stderr: []string{"test: --speed: first"}, runs: true,
		},
		"a configuration": {
			service: service{ends: program.Invalid(failed)}, code: program.ExitUsage,
			stderr: []string{"first", "second"}, runs: true,
		},
		"settings": {
			service: service{wrong: failed}, code: program.ExitUsage,
			stderr: []string{"test: first", "second"},
		},
		"an unknown flag": {
			args: []string{"--nonsense"}, code: program.ExitUsage,
			stderr: []string{
				"test: flag provided but not defined: -nonsense (test --help lists the flags)",
			},
		},
		"an argument": {
			args: []string{"more"}, code: program.ExitUsage,
			stderr: []string{
				`test: there are no arguments besides flags, but got "more" (test --help lists the flags)`,
			},
		},
		"the version": {
			args: []string{"--version"}, code: program.ExitOK, stdout: "test 1.2, commit abc, go",
		},
	} {
		for _, format := range []string{program.Text, program.JSON} {
			var out, errout bytes.Buffer
			p := program.Program{
				Name: "test", Version: "1.2", Commit: "abc", Env: environment(), Stdout: &out,
				Stderr: &errout,
			}
			s := c.service
			code := p.Run(t.Context(), append([]string{"--log-format", format}, c.args...), &s)
			if code != c.code || s.ran != c.runs || !strings.HasPrefix(out.String(), c.stdout) ||
				c.stdout == "" && out.Len() > 0 {
				t.Errorf("%s, %s: exit code %d, ran: %v, stdout %q", name, format, code, s.ran,
					&out)
			}
			messages := map[string]bool{}
			for line := range strings.Lines(errout.String()) {
				line = strings.TrimSuffix(line, "\n")
				if format == program.JSON {
					var record struct{ Level, Msg, Time string }
					if err := json.Unmarshal([]byte(line), &record); err != nil ||
						record.Level == "" || record.Time == "" {
						t.Errorf("%s: the line %q is no JSON record: %v", name, line, err)
					}
					line = record.Msg
				}
				messages[line] = true
			}
			for _, want := range c.stderr {
				if !messages[want] {
					t.Errorf("%s, %s: stderr does not have the line %q:\n%s", name, format, want,
						&errout)
				}
			}
		}
	}
}

func TestHelpNamesTheFlagsOfTheServiceAndOfTheShell(t *testing.T) {
	t.Parallel()
	var errout bytes.Buffer
	p := program.Program{
		Name: "test", About: "is one", Example: "test --speed 3", Env: environment(),
		Stdout: &errout, Stderr: &errout,
	}
	if code := p.Run(t.Context(), []string{"--help"}, new(service)); code != program.ExitOK {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"test: is one\n", "Usage: test [flags]\n", "test --speed 3\n", "-speed", "-log-level",
		"-log-format", "-version",
	} {
		if !strings.Contains(errout.String(), want) {
			t.Errorf("the help does not have %q:\n%s", want, &errout)
		}
	}
}

// Start-up lines are there at every level of the log.
func TestStartupLines(t *testing.T) {
	t.Parallel()
	var errout bytes.Buffer
	p := program.Program{Name: "test", Env: environment(), Stdout: &errout, Stderr: &errout}
	p.Run(t.Context(), nil, new(service))
	if want :=
		"test: listener public: http://127.0.0.1:80\n" +
			"test: a note\n"; !strings.HasPrefix(errout.String(), want) {
		t.Errorf("in text:\n%s", &errout)
	}
	errout.Reset()
	p.Run(t.Context(), []string{"--log-format", "json", "--log-level", "error"}, new(service))
	var line struct{ What, Address, Msg string }
	if err := json.NewDecoder(&errout).Decode(&line); err != nil ||
		line.What != "listener public" ||
		line.Address != "http://127.0.0.1:80" ||
		line.Msg != "listener public: http://127.0.0.1:80" {
		t.Errorf("in JSON: %+v, %v", line, err)
	}
}

func TestATakenAddressIsExplained(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Deadline)
	defer cancel()
	l, err := program.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var second net.Listener
	if second, err = program.Listen(ctx, l.Addr().String()); err == nil {
		second.Close()
	}
	if err == nil ||
		!strings.Contains(err.Error(), "something else listens on "+l.Addr().String()) {
		t.Errorf("got %v", err)
	}
}
