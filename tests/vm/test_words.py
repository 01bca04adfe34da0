"""Words that users type: what they stand for, and what is said of a wrong one."""

from __future__ import annotations

import pytest

from vm import architectures
from vm.errors import VmError
from vm.kernels import KernelSpec, is_spec


def test_a_kernel_is_a_suite_of_debian() -> None:
    assert KernelSpec.parse("debian:bookworm") == KernelSpec("bookworm")


def test_a_kernel_is_a_flavour_for_torture() -> None:
    assert KernelSpec.parse("sanitize") == KernelSpec("bookworm", "sanitize")
    assert KernelSpec.parse("rt") == KernelSpec("bookworm", "rt")
    assert is_spec("sanitize")
    assert is_spec("debian:bookworm")
    assert not is_spec("/usr/src/linux")


@pytest.mark.parametrize("text", ["", "bookworm", "debian:", "debian:a/../b", "ubuntu:noble"])
def test_another_kernel_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(VmError, match=r"write debian:SUITE, for example debian:bookworm"):
        KernelSpec.parse(text)


def test_an_unknown_architecture_is_refused_with_the_known_ones() -> None:
    with pytest.raises(VmError, match="no architecture 'riscv': say one of arm64, x86_64"):
        architectures.get("riscv")
