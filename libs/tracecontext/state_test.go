package tracecontext_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/tracecontext"
)

func join(fields ...string) string {
	dst := []byte("kept:")
	var s tracecontext.State
	for _, f := range fields {
		dst = s.Append(dst, []byte(f))
	}
	return strings.TrimPrefix(string(s.Cut(dst, 5)), "kept:")
}

func members(n, length int) string {
	var all []string
	for i := range n {
		key := fmt.Sprintf("k%d=", i)
		all = append(all, key+strings.Repeat("v", length-len(key)))
	}
	return strings.Join(all, ",")
}

// The cases are those of W3C's test suite for Trace Context, beside some of our own.
func TestStates(t *testing.T) {
	z, tenant, system := strings.Repeat("z", 256), strings.Repeat("t", 241), strings.Repeat("v", 14)
	for _, c := range []struct {
		fields []string
		want   string
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{" ", "\t"}, ""},
		{[]string{"foo=1"}, "foo=1"}, {[]string{"foo=1", ""}, "foo=1"},
		{[]string{"", "foo=1"}, "foo=1"}, {[]string{"foo=1,bar=2"}, "foo=1,bar=2"},
		{[]string{"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}, "foo=1,bar=2,rojo=1,congo=2,baz=3"},
		{[]string{"foo=1 \t , \t bar=2, \t baz=3"}, "foo=1,bar=2,baz=3"},
		{[]string{"foo=1,,bar=2,"}, "foo=1,bar=2"}, {[]string{"foo=1,foo=2"}, "foo=1,foo=2"},
		{[]string{"foo@=1,bar=2"}, ""}, {[]string{"@foo=1,bar=2"}, ""},
		{[]string{"foo@@bar=1,bar=2"}, ""}, {[]string{"foo@bar@baz=1,bar=2"}, ""},
		{[]string{"foo@1bar=1"}, ""}, {[]string{"0t@sys=1"}, "0t@sys=1"}, {[]string{"1=2"}, "1=2"},
		{[]string{"foo =1"}, ""}, {[]string{"FOO=1"}, ""}, {[]string{"foo.bar=1"}, ""},
		{[]string{"foo"}, ""}, {[]string{"=1"}, ""}, {[]string{"foo="}, ""},
		{[]string{"foo=bar=baz"}, ""}, {[]string{"foo=,bar=3"}, ""}, {[]string{"a=\x01"}, ""},
		{[]string{"a=\u00e9"}, ""}, {[]string{"bar=1", "foo=bar=baz", "x=1"}, ""},
		{[]string{"a= !~x"}, "a= !~x"},
		{[]string{z + "=1"}, z + "=1"}, {[]string{z + "z=1"}, ""},
		{[]string{tenant + "@" + system + "=1"}, tenant + "@" + system + "=1"},
		{[]string{tenant + "t@v=1"}, ""}, {[]string{"t@" + system + "v=1"}, ""},
		{[]string{"a=" + z}, "a=" + z}, {[]string{"a=" + z + "z"}, ""},
		{[]string{members(32, 6)}, members(32, 6)}, {[]string{members(33, 6)}, ""},
		{[]string{members(20, 6), members(12, 6)}, members(20, 6) + "," + members(12, 6)},
		{[]string{members(20, 6), members(13, 6)}, ""},
		// What is too long is cut at whole members: those over 128 first, then the last.
		{[]string{members(4, 127)}, members(4, 127)}, {[]string{members(5, 127)}, members(4, 127)},
		{[]string{"a=1," + "l=" + strings.Repeat("v", 200) + "," + members(4, 100)},
			"a=1," + members(4, 100)},
		{[]string{members(4, 120) + ",b=" + strings.Repeat("w", 127)}, members(4, 120)},
	} {
		if got := join(c.fields...); got != c.want {
			t.Errorf("%q is %q, want %q", c.fields, got, c.want)
		}
	}
}

func FuzzState(f *testing.F) {
	f.Add("foo=1,bar=2", "baz=3")
	f.Add(members(5, 127), "x@y=1")
	f.Fuzz(func(t *testing.T, one, two string) {
		got := join(one, two)
		if len(got) > 512 || strings.Count(got, ",") > 31 || join(got) != got ||
			strings.Contains(got, ",,") || strings.HasSuffix(got, ",") ||
			strings.HasPrefix(got, ",") {
			t.Fatalf("%q and %q are %q", one, two, got)
		}
	})
}
