package http1

import (
	"strings"
	"testing"
)

func TestEditsDropWhatTheySet(t *testing.T) {
	e := NewEdits(map[string]string{"X-B": "2", "X-A": "1", "host": "inner"}, []string{"Cookie"})
	if got := string(e.Append(nil)); got != "X-A: 1\r\nX-B: 2\r\n" || e.Host != "inner" {
		t.Errorf("adds %q, host %q", got, e.Host)
	}
	for name, want := range map[string]bool{
		"x-a": true, "X-B": true, "COOKIE": true, "cookies": false, "X-C": false, "": false,
	} {
		if e.Drops([]byte(name)) != want {
			t.Errorf("drops %q: %v", name, !want)
		}
	}
	none := NewEdits(nil, nil)
	if none != nil || none.Drops([]byte("x")) || len(none.Append(nil)) != 0 {
		t.Error("no edits do something")
	}
	long := strings.Repeat("x", 64) // lengths share bits beyond 63
	e = NewEdits(nil, []string{long})
	if !e.Drops([]byte(strings.ToUpper(long))) || e.Drops(nil) {
		t.Error("a name of 64 bytes is not dropped, or an empty one is")
	}
}

// Of several edits the later ones see what the earlier have made.
func TestEditsAreDoneOneAfterTheOther(t *testing.T) {
	list := EditList{
		NewEdits(map[string]string{"X-A": "1", "X-B": "1", "Host": "first"}, nil),
		NewEdits(map[string]string{"x-b": "2"}, []string{"X-C"}),
		NewEdits(map[string]string{"Host": "last"}, nil),
	}
	if got := string(list.Append(nil)); got != "X-A: 1\r\nx-b: 2\r\n" {
		t.Errorf("they add %q", got)
	}
	if got := list.Host(); got != "last" {
		t.Errorf("the host is %q", got)
	}
	for name, want := range map[string]bool{"X-A": true, "X-C": true, "X-D": false} {
		if list.Drops([]byte(name)) != want {
			t.Errorf("drops %q: %v", name, !want)
		}
	}
	if none := EditList(nil); none.Drops([]byte("x")) || none.Host() != "" ||
		len(none.Append(nil)) > 0 {
		t.Error("no edits do something")
	}
}
