// Copyright (c) appaccess authors
// SPDX-License-Identifier: MPL-2.0

package mockbackend

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// keyFields are what an element of a list may be found by instead of its index.
var keyFields = []string{"id", "access_key", "name", "universal", "grantee"}

// lookUp returns the value at a path of a JSON document. A step is a key of an object; in a list it
// is an index, a plain value, or the value of a key field of an element.
func lookUp(doc any, path []string) (any, error) {
	for i, step := range path {
		switch value := doc.(type) {
		case map[string]any:
			inner, ok := value[step]
			if !ok {
				return nil, missing(path[:i], step, slices.Sorted(maps.Keys(value)))
			}
			doc = inner
		case []any:
			at := indexOf(value, step)
			if at < 0 {
				return nil, missing(path[:i], step, nil)
			}
			doc = value[at]
		default:
			return nil, missing(path[:i], step, nil)
		}
	}
	return doc, nil
}

func missing(path []string, step string, keys []string) error {
	at := "/" + strings.Join(path, "/")
	if len(keys) > 0 && len(keys) <= 20 {
		return fmt.Errorf("nothing is at %q in %s; there are %s", step, at, strings.Join(keys, ", "))
	}
	return fmt.Errorf("nothing is at %q in %s", step, at)
}

func indexOf(list []any, step string) int {
	if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(list) {
		return i
	}
	return slices.IndexFunc(list, func(element any) bool {
		if object, ok := element.(map[string]any); ok {
			return slices.ContainsFunc(keyFields, func(field string) bool { return object[field] == step })
		}
		return element == step
	})
}

// change applies how to the value at a path; the objects on the way are made when they are missing.
// how gets nil when nothing is there.
func change(doc any, path []string, how func(old any) (any, error)) (any, error) {
	if len(path) == 0 {
		return how(doc)
	}
	step, rest := path[0], path[1:]
	switch value := doc.(type) {
	case nil:
		inner, err := change(nil, rest, how)
		if step == "-" {
			return []any{inner}, err
		}
		return map[string]any{step: inner}, err
	case map[string]any:
		inner, err := change(value[step], rest, how)
		value[step] = inner
		return value, err
	case []any:
		at := indexOf(value, step)
		if at < 0 {
			if len(rest) == 0 && step == "-" { // as JSON Pointer has it: behind the last element
				inner, err := how(nil)
				return append(value, inner), err
			}
			return nil, missing(nil, step, nil)
		}
		inner, err := change(value[at], rest, how)
		value[at] = inner
		return value, err
	}
	return nil, missing(nil, step, nil)
}

// remove takes the value at a path away, which has a step at least.
func remove(doc any, path []string) (any, error) {
	parent, last := path[:len(path)-1], path[len(path)-1]
	if _, err := lookUp(doc, path); err != nil {
		return nil, err
	}
	return change(doc, parent, func(old any) (any, error) {
		switch value := old.(type) {
		case map[string]any:
			delete(value, last)
			return value, nil
		case []any:
			at := indexOf(value, last)
			return slices.Delete(value, at, at+1), nil
		}
		return nil, missing(parent, last, nil)
	})
}

// merge is JSON Merge Patch, RFC 7396: objects are merged, null removes a key, everything else
// replaces.
func merge(old, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged, ok := old.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for key, value := range changes {
		if value == nil {
			delete(merged, key)
		} else {
			merged[key] = merge(merged[key], value)
		}
	}
	return merged
}
