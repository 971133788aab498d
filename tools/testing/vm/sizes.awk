# SPDX-License-Identifier: GPL-2.0-only
#
# Names every function longer than max_function lines (braces in column 0) and
# every file longer than max_file lines.

FNR == 1 { name = ""; start = 0 }
FNR == max_file + 1 { print FILENAME ": more than " max_file " lines"; bad = 1 }
FILENAME !~ /\.[ch]$/ { next }
/^[a-zA-Z_].*\(/ { name = $0 }
/^{/ { start = FNR }
/^}/ && start {
	if (FNR - start + 1 > max_function) {
		print FILENAME ":" start ": " FNR - start + 1 " lines: " name
		bad = 1
	}
	start = 0
}
END { exit bad }
