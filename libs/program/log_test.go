package program_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/gatewayhomebrew/gateway/libs/program"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestSettingsOfTheLog(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		given, want program.Log
		env         []string
		wrong       []string // what the error says; nil: there is none
	}{
		"defaults": {want: program.Log{Level: "info", Format: "text"}},
		"a level": {
			given: program.Log{Level: "loud"},
			wrong: []string{"--log-level", `"loud"`, "debug, info, warn or error"},
		},
		"a level from outside": {
			env: []string{program.EnvLogLevel, "loud"}, wrong: []string{program.EnvLogLevel},
		},
		"a format": {
			given: program.Log{Format: "xml"},
			wrong: []string{"--log-format", `"xml"`, "text or json"},
		},
		"both": {
			given: program.Log{Format: "xml", Level: "loud"}, wrong: []string{`"xml"`, `"loud"`},
		},
		"from outside": {
			env:  []string{program.EnvLogLevel, "warn", program.EnvLogFormat, "json"},
			want: program.Log{Level: "warn", Format: "json"},
		},
		"flags come first": {
			given: program.Log{Level: "error", Format: "json"},
			want:  program.Log{Level: "error", Format: "json"},
			env:   []string{program.EnvLogLevel, "loud", program.EnvLogFormat, "xml"},
		},
	} {
		l := c.given
		err := l.Complete(environment(c.env...))
		if (err == nil) != (c.wrong == nil) || err == nil && l != c.want {
			t.Errorf("%s: %+v, %v", name, l, err)
			continue
		}
		for _, want := range c.wrong {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v does not say %s", name, err, want)
			}
		}
	}
}

// A duration is a text with a unit in both formats, whatever field it is in.
func TestDurationsAreLoggedWithAUnit(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	l := program.Log{Level: "info", Format: program.JSON}
	entry := l.Logger(&out).WithFields(logrus.Fields{
		"timeout": 30 * time.Second, "took": 1500 * time.Microsecond, "n": 7,
	})
	entry.Info("first")
	entry.Info("second")
	for line := range strings.Lines(out.String()) {
		var got struct {
			Timeout, Took string
			N             int
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Timeout != "30s" ||
			got.Took != "1.5ms" || got.N != 7 {
			t.Errorf("%s: %+v, %v", line, got, err)
		}
	}
	if entry.Data["timeout"] != 30*time.Second {
		t.Error("the entry of the caller was changed")
	}
	out.Reset()
	l.Format = program.Text
	l.Logger(&out).WithField("timeout", 30*time.Second).Info("drain")
	if !strings.Contains(out.String(), "timeout=30s") {
		t.Errorf("in text: %s", &out)
	}
}
