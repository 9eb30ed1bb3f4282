"""Clusters: profiles, and several Ray nodes on one machine. Manifests for clouds and Kubernetes lie beside it."""
