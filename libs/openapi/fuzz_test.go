package openapi_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gatewayhomebrew/gateway/libs/openapi"
)

// Whatever a request is, it gets a verdict, and the same one in one step as in two. What is said of
// it is bounded, and can be written as JSON.
func FuzzRequest(f *testing.F) {
	c := load(f, shop, openapi.Options{})
	for _, seed := range []string{
		"GET\n/v1/items\nlimit=1&ids=2&filter=%7B%7D\nt\n\n", "GET\n/v1/items/1/file/a.txt\n\n\n\n",
		"POST\n/v1/items\n\nt\napplication/json\n{\"name\":\"x\"}",
		"POST\n/v1/items\n\nt\napplication/x-www-form-urlencoded\nname=a&deep[n]=1&list=1|2",
		"POST\n/v1/items\n\nt\nmultipart/form-data; boundary=b\n--b\r\n\r\nx\r\n--b--",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		part := bytes.SplitN(data, []byte("\n"), 6)
		if len(part) < 6 {
			return
		}
		o, v := c.Operation(part[0], part[1])
		if v != nil {
			return
		}
		r := &openapi.Request{Path: part[1], Query: part[2], Body: part[5], Fields: []openapi.Field{
			{Name: []byte("X-Tenant"), Value: part[3]}, {Name: []byte("Cookie"), Value: part[3]},
		}}
		if len(part[4]) > 0 {
			r.Fields = append(r.Fields, openapi.Field{Name: []byte("Content-Type"), Value: part[4]})
		}
		whole := o.CheckRequest(r)
		split := o.CheckHead(r, len(r.Body) > 0)
		if len(r.Body) > 0 {
			split = append(split, o.CheckBody(r)...)
		}
		if (len(whole) == 0) != (len(split) == 0) {
			t.Errorf("%q: %v in one step, %v in two", data, whole, split)
		}
		text, err := json.Marshal(whole)
		if err != nil || len(whole) > openapi.MaxViolations || len(text) > 12_000 {
			t.Errorf("%d violations, %d bytes: %v", len(whole), len(text), err)
		}
	})
}

// Whatever a document is, it is compiled or it is an error with a bound.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{shop, answers, circles, orders, "swagger: '2.0'", "{", "[]"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "api.yaml")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := openapi.Load(path, openapi.Options{Read: func(p string) ([]byte, error) {
			if p != path {
				return nil, os.ErrNotExist
			}
			return data, nil
		}})
		if err != nil {
			if len(err.Error()) > 40_000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			return
		}
		for _, o := range c.Operations() {
			o.CheckRequest(&openapi.Request{Path: []byte(o.Path), Body: []byte("{}")})
		}
	})
}
