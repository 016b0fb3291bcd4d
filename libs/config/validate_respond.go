package config

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config/text"
)

// respond checks what a route answers itself.
func (v *validator) respond(a *Respond, at spot) {
	content := "body"
	if a.File != "" {
		content = "file"
	}
	switch {
	case a.Body != "" && a.File != "":
		v.add(at.of("respond.file").String(), CodeConflict,
			"the content is either body or in a file", "remove one")
	case (a.Status == 204 || a.Status == 205 || a.Status == 304) && (a.Body != "" || a.File != ""):
		v.add(at.of("respond."+content).String(), CodeConflict,
			fmt.Sprintf("a response with status %d has no content", a.Status),
			"remove it, or write another status")
	}
	if a.File != "" {
		v.page(at.of("respond.file"), a.File)
	}
	if a.ContentType != "" {
		v.mediaType(at.of("respond.content_type"), a.ContentType)
	}
	path := at.of("respond").String()
	v.fieldValues(a.Headers, text.JoinKey(path, "headers"), false, EditSet)
	for name := range a.Headers {
		if strings.EqualFold(name, "Content-Type") {
			v.add(text.JoinKey(path, text.JoinKey("headers", name)), CodeHeader,
				"the content has a key of its own for its type", "write content_type")
		}
	}
}

// page checks a file that is sent to clients.
func (v *validator) page(at spot, file string) {
	v.material(at.String, Material{Shown: file, File: file}, wrongly)
}

// mediaType checks a Content-Type (RFC 9110 section 8.3).
func (v *validator) mediaType(at spot, written string) {
	value := v.value(written)
	kind, _, _ := strings.Cut(value, ";")
	major, minor, ok := strings.Cut(strings.TrimSpace(kind), "/")
	if !ok || !validToken(major) || !validToken(minor) {
		v.wrong(at.String(), CodeHeader, written, errors.New("is no media type"),
			"write "+text.Quote("text/html; charset=utf-8"))
		return
	}
	v.headerValue(at.String(), "content-type", written)
}
