// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/enos"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/huaweicloud"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/venafi"
	"github.com/appaccess/terraform-provider-appaccess/internal/mockbackend/wire"
)

// Seed is the data of all services: one JSON file that a person can edit.
type Seed struct {
	Huaweicloud huaweicloud.Seed `json:"huaweicloud"`
	Enos        enos.Seed        `json:"enos"`
	Venafi      venafi.Seed      `json:"venafi"`
}

//go:embed seed.json
var defaultSeed []byte

// DefaultSeedJSON is the text of the default seed, to begin a seed of one's own with.
func DefaultSeedJSON() string { return string(defaultSeed) }

// DefaultSeed is what the mock knows when it is told nothing else: a few applications and accounts
// of each service.
func DefaultSeed() Seed {
	seed, err := ParseSeed(defaultSeed)
	if err != nil {
		panic("default seed: " + err.Error()) // a test reads it
	}
	return seed
}

// ReadSeed reads a seed from a file.
func ReadSeed(path string) (Seed, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Seed{}, err
	}
	seed, err := ParseSeed(text)
	if err != nil {
		return Seed{}, fmt.Errorf("%s: %w", path, err)
	}
	return seed, nil
}

// ParseSeed reads the JSON of a seed. Keys that it doesn't know are an error, so that a slip of the
// pen shows.
func ParseSeed(text []byte) (Seed, error) {
	var seed Seed
	if err := wire.DecodeStrict(text, &seed); err != nil {
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			line := 1 + strings.Count(string(text[:min(syntax.Offset, int64(len(text)))]), "\n")
			return Seed{}, fmt.Errorf("line %d: %w", line, err)
		}
		return Seed{}, err
	}
	return seed, nil
}
