// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package credential

import (
	"net/http"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// Refused says what to do about a signature that was refused, in the words for keys wherever they
// come from.
func Refused(e *rest.Error) string {
	const enough = " Nothing more is sent in this run, since five failures in a row lock the key pair for five minutes."
	text := strings.ToLower(e.Message)
	switch {
	case strings.Contains(text, "signature expired"):
		return "The clock of this machine and the service's differ by more than 15 minutes: set it right." + enough
	case strings.Contains(text, "failed to reach the limit"):
		return "The key pair is locked for five minutes after five failures in a row: check the secret key, then wait." + enough
	case strings.Contains(text, "verify aksk signature fail"):
		return "The signature does not hold: check that the secret key belongs to the access key." + enough
	case strings.Contains(text, "not exist"):
		return "The service does not know the access key. A temporary key also needs its security token (HW_SECURITY_TOKEN), " +
			"and is unknown once it has expired." + enough
	case strings.Contains(text, "token") || strings.HasSuffix(e.Code, ".0307"):
		return "The temporary keys have expired or do not belong together: get new ones, or log in again where a login of the vendor's CLI " +
			"left them. The access key, the secret key and the security token (HW_SECURITY_TOKEN) have to be from the same answer." + enough
	}
	return "Check the access key, the secret key and, for temporary keys, the security token." + enough
}

// Credited adds to a failure which keys were used, and what to do about it where there is nothing
// yet.
func Credited(e *rest.Error, source Source, hint string) *rest.Error {
	other := *e // may be shared by all who asked
	if hint != "" {
		other.Hint = hint
	}
	if from := source.String(); from != "" && !strings.HasPrefix(other.Hint, credited) {
		other.Hint = strings.TrimSpace(credited + from + ". " + other.Hint)
	}
	return &other
}

const credited = "The credentials are "

// unauthorized tells that it is the keys, or the token in their place, that were not accepted.
func unauthorized(e *rest.Error) bool { return e.Status == http.StatusUnauthorized }

// asked tells that the service has answered no, as opposed to failed.
func asked(e *rest.Error) bool {
	return e.Status >= 400 && e.Status < 500 && e.Status != http.StatusTooManyRequests
}
