// Package htpasswd reads files of users with hashed passwords, and says whether a password is a
// user's.
//
// A line is NAME:HASH, as htpasswd of Apache writes it with -B. Hashes are bcrypt ($2y$, $2a$,
// $2b$) or argon2id in the form of PHC ($argon2id$v=19$m=…,t=…,p=…$SALT$HASH). All others are
// refused when the file is read, as they can be guessed too fast, and so are hashes whose work has
// no reasonable bound: a single request could take the machine down otherwise.
//
// No error of this package has anything of a hash or of a password in it.
package htpasswd
