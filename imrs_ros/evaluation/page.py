from pathlib import Path
def write_page(report, results, folder): return Path('x')
