package config

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
	"github.com/gatewayhomebrew/gateway/libs/openapi"
	"github.com/gatewayhomebrew/gateway/libs/openapi/document"
)

// Contract is the OpenAPI document of a route, compiled when the configuration was validated. It is
// nil for a route without one, and in a configuration that is for another machine.
func (d *Document) Contract(route string) *openapi.Contract { return d.contracts[route] }

// mostOfOpenAPI is how many problems of one OpenAPI document are shown.
const mostOfOpenAPI = 10

// openAPI reads the OpenAPI document of a route. Routes with the same one share what is made of it.
func (v *validator) openAPI(r *Route, at spot) {
	o := r.OpenAPI
	if o.Spec == "" {
		return // which was said
	}
	if !v.remoteCopies(o, at) || v.options.Elsewhere {
		return
	}
	if same, there := v.sameContract(r); there {
		if same != nil { // what is wrong with it was said once
			v.keepContract(r.Name, same)
		}
		return
	}
	options := openapi.Options{Base: o.BasePath, Read: v.readSpec, Copies: map[string]string{}}
	for _, c := range o.Copies {
		options.Copies[c.URL] = v.doc.Material(c.Folder).File
	}
	m := v.doc.Material(o.Spec)
	c, err := openapi.Load(m.File, options)
	var problems openapi.Problems
	if errors.As(err, &problems) {
		for i, p := range problems {
			if i == mostOfOpenAPI {
				v.add(at.of("openapi.spec").String(), CodeOpenAPI, fmt.Sprintf(
					"%d more things are wrong with the OpenAPI document", len(problems)-i), "")
				break
			}
			if p.Unread && p.File == m.File && !isSecret(m.Shown) {
				v.add(at.of("openapi.spec").String(), CodeFile, text.Quote(m.Shown)+" "+p.Message,
					"paths are relative to the file they stand in")
				continue
			}
			v.add(at.of("openapi.spec").String(), CodeOpenAPI, specText(m, p), "")
		}
		return
	}
	v.keepContract(r.Name, c)
	for i, p := range c.Warnings() {
		if i == mostOfOpenAPI {
			break
		}
		v.caution(at.of("openapi.spec").String(), CodeOddOpenAPI, specText(m, p),
			"see docs/contracts.md")
	}
}

// specText is a problem of an OpenAPI document. A path that is the value of a secret is not shown.
func specText(m Material, p *document.Problem) string {
	if isSecret(m.Shown) {
		return fmt.Sprintf("the document that %s leads to, line %d: %s", text.Quote(m.Shown),
			p.Line,
			p.Message)
	}
	return p.Error()
}

// sameContract is that of an earlier route with the same document, read in the same way; nil where
// it was no good.
func (v *validator) sameContract(r *Route) (c *openapi.Contract, there bool) {
	for i := range v.doc.Routes {
		other := &v.doc.Routes[i]
		if other == r {
			break
		}
		if o := other.OpenAPI; o != nil && o.Spec == r.OpenAPI.Spec &&
			o.BasePath == r.OpenAPI.BasePath && slices.Equal(o.Copies, r.OpenAPI.Copies) {
			return v.doc.contracts[other.Name], true
		}
	}
	return nil, false
}

func (v *validator) keepContract(route string, c *openapi.Contract) {
	if v.doc.contracts == nil {
		v.doc.contracts = map[string]*openapi.Contract{}
	}
	v.doc.contracts[route] = c
}

// readSpec reads a file of an OpenAPI document, and has it watched.
func (v *validator) readSpec(path string) ([]byte, error) {
	if v.doc.files == nil {
		v.doc.files = files{}
	}
	data, err := v.reader.Read(path, document.MaxBytes)
	v.doc.files[path] = sha256.Sum256(data) // also of what can't be read: a change is one
	return data, err
}

// remoteCopies checks where copies of remote files are.
func (v *validator) remoteCopies(o *RouteOpenAPI, at spot) bool {
	ok := true
	for i, c := range o.Copies {
		u, err := url.Parse(c.URL)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
			!strings.HasSuffix(c.URL, "/") {
			ok = false
			v.add(text.JoinKey(at.item("openapi.copies", i).String(), "url"), CodeValue,
				fmt.Sprintf("%s is not the beginning of URLs", text.Quote(c.URL)),
				"write https://host/folder/, with a slash at its end")
		}
	}
	return ok
}
