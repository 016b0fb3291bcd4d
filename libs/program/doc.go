// Package program is the shell that every service of the gateway runs in: flags, environment
// variables, exit codes, the version, the operational log, start-up lines, signals, and serving
// gRPC. So all services answer alike to the person or the system that starts them.
//
// A service says what is its own by implementing [Service], and its main function has one line:
//
//	os.Exit(program.Main(program.Program{Name: "edge", Version: version}, &node.Service{}))
//
// Two streams, the same for every program. Stdout is for data: the access log, and what a person
// asked for with --version. Stderr is for everything that a program says about itself: start-up
// lines, the log, errors. With --log-format json every line on stderr is a JSON object.
package program
