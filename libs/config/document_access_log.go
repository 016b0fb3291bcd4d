package config

import "time"

// Values of AccessLog.Output other than a file's path, of AccessLog.Format and AccessLog.Errors.
const (
	OutputStdout = "stdout"
	OutputStderr = "stderr"
	OutputOff    = "off"

	FormatAuto = "auto"
	FormatJSON = "json"
	FormatText = "text"

	ErrorsAlways  = "always"
	ErrorsSampled = "sampled"
	ErrorsNever   = "never"
)

// AccessLog is the log of requests and TCP sessions, one a line.
type AccessLog struct {
	// OutputStdout, OutputStderr, OutputOff or a file's path
	Output string `config:"output,form=some,file"`
	// FormatJSON, FormatText, or FormatAuto: text where the output is a terminal
	Format string  `config:"format,enum=auto|json|text"`
	Sample float64 `config:"sample"`
	// what happens to 5xx: ErrorsAlways, ErrorsSampled or ErrorsNever
	Errors string        `config:"errors,enum=always|sampled|never"`
	Slow   time.Duration `config:"slow"` // requests that take as long are not sampled; 0: no rule
	Query  bool          `config:"query"`
	Redact LogRedact     `config:"redact"`
}

func (AccessLog) keyTexts() texts {
	return texts{
		"output": "`stdout`, `stderr`, `off` or a file. A file that was moved away, or replaced, " +
			"is [opened anew](access-log.md#files).",
		"format": "How the lines look: `json`, `text`, or `auto`, which is text on a terminal " +
			"and JSON elsewhere.",
		"sample": "Share of the requests that are logged, 0 to 1.",
		"errors": "What happens to 5xx: `always` logged, `sampled` like the others, or `never`.",
		"slow": "Requests that take as long are logged whatever `sample` says. 0s: they are " +
			"sampled like the others.",
		"query": "Log the query too. Values that are [secret by their " +
			"name](access-log.md#what-is-left-out) are left out.",
		"redact": "What else is left out.",
	}
}

// LogRedact is what is left out of the lines of a log.
type LogRedact struct {
	Query  []string `config:"query,form=some"`
	Fields []string `config:"fields,enum=auth|cause|client|contract|host|path|query|tls_client|user_agent"`
}

func (LogRedact) keyTexts() texts {
	return texts{
		"query": "Names of the query whose values are left out, beside those that are by " +
			"themselves. Upper and lower case are the same.",
		"fields": "Fields of a line whose values are left out: `auth` (who it is), `cause`, " +
			"`client`, `contract`, `host`, `path`, `query`, `tls_client`, `user_agent`.",
	}
}
