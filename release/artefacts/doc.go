// Package artefacts holds what a release has against what it should have: which files there are,
// what is in each of them, and that what is inside runs. It has tests alone. //release/artefacts:
// artefacts_test looks at the files for the platform of the build, with every other test;
// //release/artefacts:all_test at those of all platforms, which take long to build.
package artefacts
