package configserver

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/gatewayhomebrew/gateway/libs/config"
	"github.com/gatewayhomebrew/gateway/libs/configpb"
	"github.com/gatewayhomebrew/gateway/libs/plan"
)

// check runs what every node will: decode, validate, build the plan. The nodes' files and secrets
// are not here, and this machine's are none of the publisher's business, so what depends on what is
// in them is left to the nodes.
func check(name string, data []byte) (problems []*configpb.Problem, ok bool) {
	if name == "" {
		name = "config.yaml"
	}
	doc, found := config.Options{Elsewhere: true}.Decode(name, data)
	for _, p := range found {
		problems = append(problems, problem(p, severityError))
	}
	if len(found) > 0 {
		return problems, false
	}
	if files := doc.Files(); len(files) > 0 {
		problems = append(problems, problem(config.Problem{File: name, Code: config.CodeFile,
			Message: fmt.Sprintf("not checked here, since only nodes have them: %s", some(files))},
			severityWarning))
	}
	if _, err := plan.Build(withoutFiles(doc)); err != nil {
		severity := severityError
		if bytes.Contains(data, []byte("secret:")) {
			severity = severityWarning // it may be that what a reference stands for is wanted
		}
		problems = append(problems,
			problem(config.Problem{File: name, Code: config.CodeValue, Message: err.Error()},
				severity))
		return problems, severity == severityWarning
	}
	return problems, true
}

const (
	severityError   = "error"
	severityWarning = "warning"
)

func problem(p config.Problem, severity string) *configpb.Problem {
	return &configpb.Problem{
		File: p.File, Line: int32(p.Line), Column: int32(p.Column), Path: p.Path, Code: p.Code,
		Message: p.Message, Hint: p.Hint, Severity: severity,
	}
}

func some(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:few], ", "), len(names)-few)
}

// withoutFiles returns the document without what a plan would read files for.
func withoutFiles(doc *config.Document) *config.Document {
	out := *doc
	out.Auth = authWithoutFiles(doc.Auth)
	out.Listeners = slices.Clone(doc.Listeners)
	for i := range out.Listeners {
		out.Listeners[i].TLS, out.Listeners[i].ErrorPages = nil, nil
	}
	out.Clusters = slices.Clone(doc.Clusters)
	for i := range out.Clusters {
		out.Clusters[i].Security = config.Security{Mode: config.SecurityNone}
	}
	out.Routes = slices.Clone(doc.Routes)
	for i := range out.Routes {
		out.Routes[i].ErrorPages = nil
		if c := out.Routes[i].ClientCertificate; c != nil {
			out.Routes[i].ClientCertificate = &config.RouteClients{Names: known(c.Names)}
		}
		if r := out.Routes[i].Respond; r != nil && r.File != "" {
			inPlace := *r
			inPlace.File = ""
			out.Routes[i].Respond = &inPlace
		}
	}
	return &out
}
