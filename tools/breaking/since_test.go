package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/openspec"
)

// folders writes the documents of today twice, the second time with a change to one of them.
func folders(t *testing.T, name, old, new string) (before, now string) {
	t.Helper()
	before, now = t.TempDir(), t.TempDir()
	for file, text := range openspec.Documents() {
		write(t, filepath.Join(before, file), text)
		if file == name {
			changed := strings.Replace(text, old, new, 1)
			if changed == text {
				t.Fatalf("%s has no %q", name, old)
			}
			text = changed
		}
		write(t, filepath.Join(now, file), text)
	}
	return before, now
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestChangesThatBreakClientsAreFound(t *testing.T) {
	for name, c := range map[string]struct{ file, old, new, want string }{
		"nothing":      {"admin.yaml", "title:", "title: A title, and", ""},
		"an operation": {"admin.yaml", "  /catalog:", "  /catalogue:", "GET /catalog: "},
		"a method": {"admin.yaml", "    get:\n      operationId: catalog", "    post:\n      " +
			"operationId: catalog", "GET /catalog: "},
		"a field that need not be there": {
			"admin.yaml", "required: [version, started,", "required: [started,", "`version` " +
				"became optional",
		},
		"a field that is gone": {"admin.yaml", "        uptime_seconds: {type: number, minimum: " +
			"0}\n", "", "uptime_seconds"},
		"a type": {
			"admin.yaml", "uptime_seconds: {type: number", "uptime_seconds: {type: string",
			"uptime_seconds",
		},
		"a null more": {
			"health.yaml", "since: {type: string, format", "since: {type: [\"null\", string], " +
				"format", "since",
		},
		"a status": {
			"admin.yaml", "        \"409\":", "        \"410\":", "POST /rollback: removed the " +
				"non-success response with the status `409`",
		},
		"a parameter that has to be there": {
			"health.yaml", "name: cluster, in: query,", "name: cluster, in: query, required: " +
				"true,", "cluster",
		},
		"a lower limit": {"health.yaml", "maximum: 1000}", "maximum: 10}", "limit"},
		"no access without a token": {
			"admin.yaml", "security:\n  - {}\n", "security:\n", "anonymous",
		},
		"an operation of the demo": {"demo.yaml", "  /echo:", "  /echoes:", "POST /echo"},
		"an error code": {
			"errors.yaml", "        - GW_LOOP_DETECTED", "        - GW_LOOP", "GW_LOOP_DETECTED " +
				"is gone",
		},
		"what another document has": {"admin.yaml", "uptime_seconds: {type: number",
			"uptime_seconds: {type: string", "health.yaml: GET /status"},
		"a field more": {
			"admin.yaml", "        uptime_seconds: {type", "        more: {type: string}\n       " +
				" uptime_seconds: {type", "",
		},
		"a value more": {"admin.yaml", "[ok, ready,", "[ok, tired, ready,", ""},
	} {
		before, now := folders(t, c.file, c.old, c.new)
		found, err := since(before, now)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var texts []string
		for _, f := range found {
			texts = append(texts, f.String())
		}
		all := strings.Join(texts, "\n")
		if c.want == "" && all != "" || !strings.Contains(all, c.want) {
			t.Errorf("%s: want %q in\n%s", name, c.want, all)
		}
	}
}

func TestChangesCanBeAccepted(t *testing.T) {
	before, now := folders(t, "demo.yaml", "  /echo:", "  /echoes:")
	found, err := since(before, now)
	if err != nil || len(found) != 1 || found[0].accepted {
		t.Fatal(found, err)
	}
	list := filepath.Join(before, accepted)
	write(t, list, "# it had no users\n"+found[0].text+"\n\n")
	if found, err = since(before, now); err != nil || len(found) != 1 || !found[0].accepted {
		t.Error(found, err)
	}
	write(t, list, "demo.yaml: GET /gone: there is no such change\n")
	if _, err = since(before, now); err == nil ||
		!strings.Contains(err.Error(), "accepted.txt:1:") {
		t.Error(err)
	}
}

func TestADocumentThatIsGoneBreaksClients(t *testing.T) {
	before, now := folders(t, "", "", "")
	if err := os.Remove(filepath.Join(now, "demo.yaml")); err != nil {
		t.Fatal(err)
	}
	found, err := since(before, now)
	if err != nil || len(found) != 1 || found[0].text != "demo.yaml: the document is gone" {
		t.Error(found, err)
	}
}

func TestARelease(t *testing.T) {
	before, now := folders(t, "demo.yaml", "  /echo:", "  /echoes:")
	write(t, filepath.Join(before, accepted), "of the release before\n")
	write(t, filepath.Join(before, "old.yaml"), "gone since\n")
	if err := take(now, before); err != nil {
		t.Fatal(err)
	}
	if found, err := since(before, now); err != nil || len(found) > 0 {
		t.Error(found, err)
	}
	if _, err := since(t.TempDir(), now); err == nil {
		t.Error("a folder without documents is a release")
	}
}
