package config

import "testing"

func TestValuesOfAHostField(t *testing.T) {
	for s, want := range map[string]bool{
		"a.org": true, "a.org:8080": true, "[::1]": true, "[::1]:80": true, "127.0.0.1": true,
		"127.0.0.1:80": true,
		"":             false, "a.org:": false, ":80": false, "a.org:0": false,
		"a.org:99999": false, "::1": false, "[::1": false, "[1.2.3.4]": false,
		"*.a.org": false, "u@a.org": false, "a.org/": false, "https://a.org": false,
		"münchen.example": false, "a b": false,
	} {
		if hostField(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}
