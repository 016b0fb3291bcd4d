package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/accesslog"
	"github.com/gatewayhomebrew/gateway/libs/testkit"
	"github.com/gatewayhomebrew/gateway/services/gateway/internal/cli"
)

// accessLog is a log of requests of the configuration valid, one to a line.
func accessLog(paths ...string) string {
	var b []byte
	for i, path := range paths {
		e := accesslog.Entry{
			RequestID: fmt.Appendf(nil, "id-%d", i+1), Client: "192.0.2.1:4711",
			Listener: "public", Protocol: "HTTP/1.1", Method: []byte("GET"),
			Host: []byte("a.example.com"), Path: []byte(path), Route: "wild", Cluster: "users",
			Status: 200,
		}
		b = append(e.AppendJSON(b), '\n')
	}
	return string(b)
}

func TestTheRequestsOfALogThatChangeAreListed(t *testing.T) {
	old := write(t, "old.yaml", valid)
	new := write(t, "new.yaml",
		valid+"  - {name: admin, hosts: [\"*.example.com\"], path_prefix: /admin, cluster: new}\n")
	log := write(t, "access.jsonl", accessLog("/admin/1", "/", "/admin/2")+"junk\n")
	r := invoke(t, "config", "diff", "--replay", log, old, new)
	r.want(t, 0, "access.jsonl: 3 requests compared\n  1 (33.3 %) stay as they are\n"+
		"  2 (66.7 %) change\n\n2 requests of route wild change\n"+
		"  route    wild -> admin\n  cluster  users -> new\n"+
		"  line 1: GET a.example.com/admin/1 (id-1)\n"+
		"  line 3: GET a.example.com/admin/2 (id-3)\n\n"+
		"1 line not of an access log\n  line 4: it is no JSON object\n", "")
	invoke(t, "config", "diff", "--exit-code", "--replay", log, old, new).want(t, 1, "change", "")
	invoke(t, "config", "diff", "--exit-code", "--replay", log, old, old).want(t, 0, "3 (100 %)",
		"")
	var got struct {
		Log                                                   string
		Old, New                                              struct{ File, Digest string }
		Lines, Requests, Sessions, Unread, Bad, Same, Changed int
		Undecided, Otherwise, Omitted                         int

		MayChange int   `json:"may_change"`
		BadLines  []any `json:"bad_lines"`
		Groups    []struct {
			Count     int
			Route     string
			Certain   bool
			Changes   []struct{ About, Old, New string }
			DependsOn []string `json:"depends_on"`
			Examples  []struct {
				Line                         int
				RequestID                    string `json:"request_id"`
				Listener, Method, Host, Path string
			}
		}
		Unknown []string
	}
	invoke(t, "config", "diff", "--json", "--examples", "1", "--replay", log, old,
		new).json(t, &got)
	if got.Requests != 3 || got.Changed != 2 || got.Bad != 1 || len(got.Groups) != 1 ||
		len(got.Groups[0].Examples) != 1 || got.Groups[0].DependsOn == nil ||
		got.Unknown == nil || got.Old.Digest == got.New.Digest {
		t.Errorf("%+v", got)
	}
}

func TestALogMayBeStandardInput(t *testing.T) {
	old := write(t, "old.yaml", valid)
	var stdout, stderr bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), testkit.Deadline)
	defer cancel()
	code := cli.Main(ctx, cli.Options{
		Args: []string{"config", "diff", "--replay", "-", old, old},
		Env:  environ(nil).get, Stdin: strings.NewReader(accessLog("/a", "/b")),
		Stdout: &stdout, Stderr: &stderr,
	})
	if code != 0 || !strings.HasPrefix(stdout.String(), "-: 2 requests compared\n") {
		t.Errorf("%d, %s%s", code, &stdout, &stderr)
	}
}

func (e environ) get(name string) string { return e[name] }

func TestLogsThatAreNoneAreRefused(t *testing.T) {
	old := write(t, "old.yaml", valid)
	dir := t.TempDir()
	for name, data := range map[string]string{
		"junk": strings.Repeat("\x00\xff\n", 1000), "long": strings.Repeat("x", 4<<20),
		"empty": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{[]string{"--replay", dir + "/none", old, old}, 2, "", "no such file"},
		{[]string{"--replay", dir, old, old}, 2, "", "is a folder"},
		{[]string{"--replay", "", old, old}, 2, "", "the name of the log is empty"},
		{[]string{"--replay", "-", "-", old}, 2, "", "both to be standard input"},
		{[]string{"--replay", "-", old, old}, 2, "", "there is no standard input"},
		{[]string{"--replay", dir + "/junk", old, old}, 1, "", "all of its 1000 lines are bad"},
		{[]string{"--replay", dir + "/long", old, old}, 1, "", "line 1: it is longer than"},
		{[]string{"--replay", dir + "/empty", old, old}, 0, "0 requests compared", ""},
		{[]string{"--groups", "0", "--replay", dir + "/junk", old, old}, 2, "", "--groups is 0"},
		{[]string{"--examples", "-1", "--replay", "x", old, old}, 2, "", "--examples is -1"},
		{[]string{"--replay", dir + "/junk", old, dir + "/junk"}, 2, "", "junk"},
	} {
		invoke(t, append([]string{"config", "diff"}, c.args...)...).want(t, c.code, c.stdout,
			c.stderr)
	}
}
