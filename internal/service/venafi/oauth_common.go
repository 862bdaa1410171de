// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"errors"
	"strings"
	"time"
)

// lookTime is how long an operation that was interrupted may still take to find out what is true.
const lookTime = 700 * time.Millisecond

func isExists(err error) bool {
	_, ok := errors.AsType[*existsError](err)
	return ok
}

// sentence ends an error with a full stop, unless it ends with a block to paste.
func sentence(err error) string {
	text := strings.TrimSuffix(err.Error(), ".")
	if strings.HasSuffix(text, "}") {
		return text
	}
	return text + "."
}
