package dashboards

import (
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/examples/servers"
)

// need skips a test whose program is not installed; in CI that is a failure.
func need(t *testing.T, err error) {
	t.Helper()
	var missing *servers.MissingError
	switch {
	case err == nil:
	case errors.As(err, &missing) && os.Getenv("CI") != "true":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// Each alert fires where it has to and is silent where it has not, says promtool.
func TestAlertsFireWhenTheyHaveTo(t *testing.T) {
	t.Parallel()
	promtool, err := servers.Find("promtool")
	need(t, err)
	for _, args := range [][]string{
		{"check", "rules", "rules.yaml"}, {"test", "rules", "rules_test.yaml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = folder
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "SUCCESS") {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Each alert has a test in which it fires, a severity, texts, and a section that says what to do.
func TestAlertsAreTestedAndExplained(t *testing.T) {
	t.Parallel()
	tests, err := os.ReadFile(folder + "rules_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	const runbook = "https://github.com/gatewayhomebrew/gateway/blob/main/docs/alerts.md#"
	seen := map[string]bool{}
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		seen[r.Alert] = true
		expected := `alertname="` + r.Alert + `",severity="` + r.Labels["severity"] + `"`
		if w := r.Labels["window"]; w != "" {
			expected += `,window="` + w + `"`
		}
		if !strings.Contains(string(tests), "- {labels: '{"+expected) {
			t.Errorf("no test wants %s", expected)
		}
		if s := r.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: the severity %q", r.Alert, s)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" ||
			r.Annotations["runbook_url"] != runbook+strings.ToLower(r.Alert) {
			t.Errorf("%s: %q", r.Alert, r.Annotations)
		}
		for _, text := range r.Annotations {
			for _, m := range annotated.FindAllStringSubmatch(text, -1) {
				if !strings.Contains(r.Expr, m[1]) && m[1] != "window" && m[1] != "job" &&
					m[1] != "instance" && !strings.Contains(string(tests), m[1]+"=") {
					t.Errorf("%s tells of the label %s, which no test has", r.Alert, m[1])
				}
			}
		}
		_, section, ok := strings.Cut(string(page), "\n## "+r.Alert+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, part := range []string{"**Means.**", "**Look at.**", "**Do.**"} {
			if !ok || !strings.Contains(section, part) {
				t.Errorf("docs/alerts.md has no %s of %s", part, r.Alert)
			}
		}
		if !strings.Contains(string(page), "| ["+r.Alert+"](#"+strings.ToLower(r.Alert)+") |") {
			t.Errorf("the table of docs/alerts.md has no %s", r.Alert)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(page), -1) {
		if !seen[m[1]] {
			t.Errorf("docs/alerts.md explains %s, and there is no such alert", m[1])
		}
	}
}
