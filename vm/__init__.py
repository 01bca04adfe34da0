"""Machines for testing: kernels, root file systems and QEMU guests of both architectures.

    from vm import kernels
    from vm.boot import boot
    from vm.spec import MachineSpec

    kernel = kernels.get("debian:bookworm", "arm64")
    with boot(MachineSpec(kernel)) as machine:
        print(machine.run("uname -a").stdout)

Data (architectures, kernels, machine specs) are frozen dataclasses; each verb has a file of its own.
"""
