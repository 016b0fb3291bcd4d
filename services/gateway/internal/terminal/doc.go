// Package terminal is how the CLI writes: text that can do no harm, colours where they are wanted,
// aligned tables, and a sign of life while something takes long.
//
// All text that comes from elsewhere (files, servers, arguments) goes through [Output.Printf],
// [Output.Table] or [WriteJSON]. They escape what a terminal would obey, so that a route called
// "\x1b[2J" is shown and not done. Only a [Text] made by [Output.Paint] brings escape codes of its
// own.
package terminal
