// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package venafi

import (
	"errors"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/api/rest"
)

// BaseURL returns the address that both /vedsdk and /vedauth are below, from an address as people
// paste it: with or without either of them, in any case, with or without a slash at the end. The
// error doesn't repeat the address.
func BaseURL(raw string) (string, error) {
	if strings.TrimSpace(raw) == "" {
		return "", errors.New("is empty")
	}
	u, err := rest.CheckURL(raw)
	if err != nil {
		return "", err
	}
	for {
		path := strings.TrimRight(u.Path, "/")
		lower := strings.ToLower(path)
		switch {
		case strings.HasSuffix(lower, "/vedsdk"):
			path = path[:len(path)-len("/vedsdk")]
		case strings.HasSuffix(lower, "/vedauth"):
			path = path[:len(path)-len("/vedauth")]
		}
		if path == u.Path {
			u.RawPath = ""
			return u.String(), nil
		}
		u.Path = path
	}
}
