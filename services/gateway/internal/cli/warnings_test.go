package cli_test

import (
	"strings"
	"testing"
)

// warned is valid, and is hardly meant so.
const warned = `version: 1
listeners: [{name: public, address: 127.0.0.1:8080}]
clusters:
  - name: users
    endpoints: [{address: users.internal:9001}]
    security: {mode: tls, insecure_skip_verify: true}
  - {name: old, endpoints: [{address: 127.0.0.1:9002}]}
routes: [{name: users, cluster: users}]
`

func TestWarningsLeaveAFileValid(t *testing.T) {
	file := write(t, "gateway.yaml", warned)
	r := invoke(t, "config", "validate", file)
	r.want(t, 0, file+": ok: 1 listener, 2 clusters, 1 route, digest ", "")
	for _, line := range []string{
		file + ":6:49: clusters[0].security.insecure_skip_verify: W_INSECURE_TLS: ",
		file + ":7:5: clusters[1]: W_UNUSED_CLUSTER: ",
	} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("%q is missing in\n%s", line, r.stdout)
		}
	}
	var v validation
	r = invoke(t, "config", "validate", "--json", file)
	r.json(t, &v)
	if r.code != 0 || !v.Valid || !v.Files[0].Valid || len(v.Problems) != 0 ||
		len(v.Warnings) != 2 || v.Warnings[0].Code != "W_INSECURE_TLS" ||
		v.Warnings[0].Line != 6 || v.Warnings[0].Column != 49 || v.Warnings[0].Hint == "" {
		t.Errorf("exit code %d, %+v", r.code, v)
	}
}

func TestStrictTakesWarningsForProblems(t *testing.T) {
	file, good, bad := write(t, "gateway.yaml", warned), write(t, "good.yaml", valid),
		write(t, "bad.yaml", invalidText)
	invoke(t, "config", "validate", "--strict", good).want(t, 0, good+": ok", "")
	r := invoke(t, "config", "validate", "--strict", good, file)
	r.want(t, 2, good+": ok", "2 warnings, which --strict takes for problems, in 1 file\n")
	if strings.Contains(r.stdout, file+": ok") || !strings.Contains(r.stdout, "W_UNUSED_CLUSTER") {
		t.Errorf("got\n%s", r.stdout)
	}
	invoke(t, "config", "validate", "--strict", bad, file).want(t, 2, "E_UNKNOWN_CLUSTER",
		"4 problems and 2 warnings, which --strict takes for problems, in 2 files\n")
	var v validation
	r = invoke(t, "config", "validate", "--strict", "--json", good, file)
	r.json(t, &v)
	if r.code != 2 || v.Valid || !v.Files[0].Valid || v.Files[1].Valid || len(v.Warnings) != 2 ||
		len(v.Problems) != 0 || v.Files[1].Digest == "" {
		t.Errorf("exit code %d, %+v", r.code, v)
	}
	var none validation
	invoke(t, "config", "validate", "--json", good).json(t, &none)
	if none.Warnings == nil || len(none.Warnings) > 0 {
		t.Errorf("warnings of a good file: %v", none.Warnings)
	}
}
